// SPDX-License-Identifier: GPL-2.0-only

// Package fleet makes jobs of series and has them done, on this machine or on many.
//
// For most uses, read a [Matrix] with [LoadMatrix], make jobs with [Plan], and have a [Worker] do them; a [Store] keeps
// what they brought.
//
// A [Job] is one premerge of one series against one base, configuration set, architecture and test set. Its key is made
// of all that goes into the verdict, so that the same key is never worked twice: its report is taken from the store. A
// job is done by a process of its own, "lsmpatch premerge", which gives up its rights as it does when a person calls it;
// what a hostile series does to it, it does to no other job.
package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// keyFormat is a part of each key: it changes where the same parts would mean another command.
const keyFormat = "lsmpatch job 1"

// A Job is one command to be run. Its JSON names are a contract.
type Job struct {
	// Key is what [Job.ID] returns, as 64 hexadecimal digits.
	Key    string `json:"key"`
	Series Series `json:"series"`
	Tree   Tree   `json:"tree"`
	// Suite names the steps and tests, and is for people.
	Suite string `json:"suite"`
	// Build and Boot ask for these steps of premerge; the others always run.
	Build bool `json:"build,omitempty"`
	Boot  bool `json:"boot,omitempty"`
	// Arch, Toolchain and Config mean something to a build alone, Tests to a boot.
	Arch      string   `json:"arch,omitempty"`
	Toolchain string   `json:"toolchain,omitempty"`
	Config    *Config  `json:"config,omitempty"`
	Tests     []string `json:"tests,omitempty"`
	Strict    bool     `json:"strict,omitempty"`
	// Policy is the text of a .lsmpatch.toml, or "".
	Policy string `json:"policy,omitempty"`
	// Tool is the program and its version.
	Tool string `json:"tool"`
	// Memory is what a worker should have free, in MiB, and KVM that it has to have that. They are no part of the key.
	Memory int  `json:"memory,omitempty"`
	KVM    bool `json:"kvm,omitempty"`
}

// Series is a version of a series, as a job names it.
type Series struct {
	// ID is the Message-ID of the cover letter or the first patch.
	ID string `json:"id"`
	// First is the Message-ID of the first patch, by which the series is known also where its cover letter is not given, as by
	// patchwork.
	First   string    `json:"first,omitempty"`
	Title   string    `json:"title"`
	Author  string    `json:"author"`
	Version int       `json:"version"`
	Patches int       `json:"patches"`
	Posted  time.Time `json:"posted"`
	List    string    `json:"list,omitempty"`
	// Family is the same for all versions of a series: the author and title of the first that was seen, as a hash.
	Family string `json:"family"`
	// Mails is the sha256 of the mailbox that [Mailbox] writes. Text is that of what the mails say, whichever list they came
	// by, and PatchIDs what git patch-id --stable says of each patch.
	Mails    string   `json:"mails"`
	Text     string   `json:"text"`
	PatchIDs []string `json:"patch_ids"`
}

// Tree is what a series is held against.
type Tree struct {
	// Name is that of the matrix; Dir is where the planner has the tree, and a worker may have it elsewhere.
	Name string `json:"name"`
	Dir  string `json:"dir"`
	// Branch is the revision as the matrix names it, Base the commit that it was.
	Branch string `json:"branch"`
	Base   string `json:"base"`
}

// Config is a configuration to build.
type Config struct {
	Name string `json:"name"`
	// Target is what it starts from, "defconfig"; Fragments are merged into it, each a text.
	Target    string   `json:"target,omitempty"`
	Fragments []string `json:"fragments,omitempty"`
}

// ID returns the key of all that goes into the verdict of j: 64 hexadecimal digits. Names for people are no part of it,
// nor where a tree lies.
func (j *Job) ID() string {
	config := Config{}
	if j.Config != nil {
		config = Config{Target: j.Config.Target, Fragments: j.Config.Fragments}
	}
	text, err := json.Marshal([]any{keyFormat, j.Tool, j.Tree.Base, j.Series.Text, j.Series.PatchIDs,
		j.Build, j.Boot, j.Arch, j.Toolchain, config, j.Tests, j.Strict, j.Policy})
	if err != nil {
		panic(err) // strings, flags and lists of them
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Label names j among the jobs of its series: "mainline v7.3 · x86_64 · defconfig · boot".
func (j *Job) Label() string {
	words := []string{strings.TrimSpace(j.Tree.Name + " " + j.Tree.Branch)}
	if j.Build || j.Boot {
		words = append(words, j.Arch)
		if j.Toolchain != "" {
			words = append(words, j.Toolchain)
		}
		if j.Config != nil {
			words = append(words, j.Config.Name)
		}
	}
	return strings.Join(append(words, j.Suite), " · ")
}

// keyRE and nameRE are what may become a part of a file's name or of a subject; nothing else does.
var (
	keyRE  = lazyregexp.New(`^[0-9a-f]{64}$`)
	hashRE = lazyregexp.New(`^[0-9a-f]{40,64}$`)
	nameRE = lazyregexp.New(`^[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}$`)
)

// errJob is the error of a job that is none.
var errJob = errors.New("this is no job")

// ParseJob reads a job that somebody else wrote: one JSON object. It returns an error where the key is not that of what
// stands in it, or where a name could be taken for a flag or a path.
func ParseJob(text []byte) (*Job, error) {
	j := new(Job)
	if err := json.Unmarshal(text, j); err != nil {
		return nil, fmt.Errorf("%w: %w", errJob, err)
	}
	return j, j.check()
}

func (j *Job) check() error {
	switch {
	case !keyRE.MatchString(j.Key) || j.Key != j.ID():
		return fmt.Errorf("%w: its key %.80q is not that of its parts", errJob, j.Key)
	case !keyRE.MatchString(j.Series.Mails) || !hashRE.MatchString(j.Tree.Base):
		return fmt.Errorf("%w: no hash of its mails, or of its base", errJob)
	}
	names := append([]string{j.Tree.Name, j.Arch, j.Toolchain}, j.Tests...)
	if j.Config != nil {
		names = append(names, j.Config.Target)
	}
	for _, name := range names {
		if name != "" && !nameRE.MatchString(strings.ReplaceAll(name, "/", "_")) {
			return fmt.Errorf("%w: %.80q is no name", errJob, name)
		}
	}
	return nil
}
