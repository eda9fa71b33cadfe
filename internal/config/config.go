// SPDX-License-Identifier: GPL-2.0-only

// Package config reads .lsmpatch.toml, in which a project says which checks it wants, how severe
// each is, and which findings it waives.
//
// For most uses, call [Find] once and [Config.Apply] on the findings of each step. What it changed is told by
// a finding of its own, so that no report is cleaner than what was found without a line that says why.
//
//	[checks]
//	"series/no-cover-letter" = "off"
//	"checkpatch/LONG_LINE" = "note"
//	"series/maintainer-*" = "error"
//
//	[[waive]]
//	check = "checkpatch/LONG_LINE"
//	path = "include/uapi/**"
//	reason = "these lines mirror the hardware manual"
//
// A check is named by its ID or by a pattern in which * stands for any text without a slash, ?
// for one character, and ** for any text. Of several patterns in [checks] that fit, the longest
// counts. What a waiver covers is still shown, but does not count; so it has to give a reason.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/internal/strict"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Name is the name of the file.
const Name = ".lsmpatch.toml"

// maxSize bounds the file; a real one has a few hundred bytes.
const maxSize = limit.ConfigBytes

// Off switches a check off; the other levels are the names of the severities.
const Off = "off"

// A Config is what the file says. Its zero value changes nothing.
type Config struct {
	// Checks gives each check or pattern its level: off, note, warning or error.
	Checks map[string]string `toml:"checks"`
	// Waivers take findings out of the verdict.
	Waivers []Waiver `toml:"waive"`
	// Publish says where results go that the user wants sent, and under which name.
	Publish Publish `toml:"publish"`
	// File is where it was read from, or "".
	File string `toml:"-"`
	// Ignored says which file was found and not read, and why; or "".
	Ignored string `toml:"-"`
}

// Publish says who is told about a verdict. Keys are no part of it.
type Publish struct {
	// Patchwork is the URL of a patchwork server, and GitHub a repository on GitHub, "owner/name".
	Patchwork string `toml:"patchwork"`
	GitHub    string `toml:"github"`
	// Context is the name of our checks there, a slug; "" is lsmpatch. TargetURL is where a person reads more.
	Context   string `toml:"context"`
	TargetURL string `toml:"target_url"`
	// Origin is the name of the CI system in KCIDB.
	Origin string `toml:"origin"`
}

// A Waiver takes the findings of a check out of the verdict.
type Waiver struct {
	// Check is an ID or a pattern of IDs.
	Check string `toml:"check"`
	// Path is a pattern of paths in the tree; "" fits all findings, also those without a path.
	Path string `toml:"path"`
	// Message is a pattern of messages, ** for any text; "" fits all. It names a test that is known to
	// fail: check = "boot/test-failed", message = "test lsm_list_modules_test.**".
	Message string `toml:"message"`
	// Reason is shown with each finding that is waived.
	Reason string `toml:"reason"`
}

// Find reads the file Name in dir or in the nearest folder above it. Without one the Config is
// empty. It looks no further up than the top of a git repository.
//
// A file that lies in one of trees, whose verdict it would change, or that belongs to somebody else, is not
// read; [Config.Ignored] says so. [Load] reads any.
func Find(dir string, trees ...string) (*Config, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("looking for %s: %w", Name, err)
	}
	for {
		file := filepath.Join(dir, Name)
		if _, err := os.Lstat(file); err == nil {
			return loadFound(file, trees)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("looking for %s: %w", Name, err)
		}
		_, err := os.Lstat(filepath.Join(dir, ".git"))
		if parent := filepath.Dir(dir); err != nil && parent != dir {
			dir = parent
			continue
		}
		return &Config{}, nil
	}
}

// Load reads a file that the user named. An error about its content names the line or the entry, and has a hint.
func Load(file string) (*Config, error) {
	text, err := below.ReadNamed(file, maxSize)
	return parseFile(file, text, err)
}

func parseFile(file string, text []byte, err error) (*Config, error) {
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	c, err := Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	c.File = file
	return c, nil
}

// Parse reads the text of a configuration.
func Parse(text string) (*Config, error) {
	c := &Config{}
	meta, err := strict.TOML(text, c)
	var unknown *strict.UnknownError
	if errors.As(err, &unknown) {
		return nil, hint.Wrap(err,
			"the keys are those of [checks], check, path, message and reason of [[waive]], and patchwork, github, context, target_url and origin of [publish]")
	}
	if err != nil {
		return nil, hint.Wrap(err, `the sections are [checks], with "ID" = "off|note|warning|error", [publish] and [[waive]]`)
	}
	// The decoder takes `checks = 3` without a word.
	if kind := meta.Type("checks"); kind != "" && kind != "Hash" {
		return nil, hint.Wrap(fmt.Errorf("checks is of type %s, and no section", kind), `write [checks] on a line of its own`)
	}
	return c, c.validate()
}

func (c *Config) validate() error {
	for id, level := range c.Checks {
		var severity report.Severity
		if level != Off && severity.UnmarshalText([]byte(level)) != nil {
			return hint.Wrap(fmt.Errorf("checks: %q has the level %q", id, level),
				"the levels are off, note, warning and error")
		}
	}
	if err := c.Publish.validate(); err != nil {
		return err
	}
	for i, w := range c.Waivers {
		switch {
		case w.Check == "":
			return hint.Wrap(fmt.Errorf("waive: entry %d names no check", i+1),
				`check = "series/ID" or "checkpatch/TYPE"`)
		case strings.TrimSpace(w.Reason) == "":
			return hint.Wrap(fmt.Errorf("waive: entry %d (%s) gives no reason", i+1, w.Check),
				`reason = "why this does not count here"`)
		}
	}
	return nil
}

var (
	slugRE       = lazyregexp.New(`^[A-Za-z0-9_-]*$`)
	originRE     = lazyregexp.New(`^[a-z0-9_]*$`)
	repositoryRE = lazyregexp.New(`^([A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)?$`)
)

func (p *Publish) validate() error {
	switch {
	case !slugRE.MatchString(p.Context):
		return hint.Wrap(fmt.Errorf("publish: the context %q is no slug", p.Context), "it has letters, digits, - and _")
	case !originRE.MatchString(p.Origin):
		return hint.Wrap(fmt.Errorf("publish: the origin %q is none of KCIDB's", p.Origin), "it has small letters, digits and _")
	case !repositoryRE.MatchString(p.GitHub):
		return hint.Wrap(fmt.Errorf("publish: github = %q names no repository", p.GitHub), `github = "owner/name"`)
	}
	for _, address := range []string{p.Patchwork, p.TargetURL} {
		if u, err := url.Parse(address); address != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil) {
			return hint.Wrap(fmt.Errorf("publish: %q is no address of a web server", address), "write https://HOST/PATH")
		}
	}
	return nil
}

// level returns the level of the longest pattern that fits id, or "".
func (c *Config) level(id string) string {
	if level, ok := c.Checks[id]; ok {
		return level
	}
	best := ""
	for pattern := range c.Checks {
		if match(pattern, id) && (len(pattern) > len(best) || len(pattern) == len(best) && pattern < best) {
			best = pattern
		}
	}
	return c.Checks[best]
}

// Unknown returns the entries about checks of a group, such as "series/", that fit none of ids: a
// misspelt ID would be without effect.
func (c *Config) Unknown(group string, ids []string) []string {
	var names []string
	for pattern := range c.Checks {
		names = append(names, pattern)
	}
	for _, w := range c.Waivers {
		names = append(names, w.Check)
	}
	names = slices.DeleteFunc(names, func(pattern string) bool {
		return !strings.HasPrefix(pattern, group) ||
			slices.ContainsFunc(ids, func(id string) bool { return match(pattern, id) })
	})
	slices.Sort(names)
	return slices.Compact(names)
}
