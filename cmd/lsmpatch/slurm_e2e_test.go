// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
)

// A slurm is Debian's slurm-wlm on this machine: a controller and two nodes, none of which needs anything below /etc or /var.
type slurm struct {
	t   *testing.T
	dir string
}

// slurmConf is the least that says where all is: %[1]s is the folder, %[2]s this machine, then three ports.
const slurmConf = `ClusterName=lsmpatch
SlurmctldHost=%[2]s(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=%[1]s/munge.socket
SlurmctldPort=%[3]s
StateSaveLocation=%[1]s/state
SlurmdSpoolDir=%[1]s/spool.%%n
SlurmctldPidFile=%[1]s/slurmctld.pid
SlurmdPidFile=%[1]s/slurmd.%%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=1,sched_min_interval=100000
ReturnToService=2
NodeName=n1 NodeHostname=%[2]s NodeAddr=127.0.0.1 Port=%[4]s CPUs=1 RealMemory=1000
NodeName=n2 NodeHostname=%[2]s NodeAddr=127.0.0.1 Port=%[5]s CPUs=1 RealMemory=1000
PartitionName=main Nodes=n1,n2 Default=YES State=UP
`

// startSlurm starts the daemons, and ends them with the test.
func startSlurm(t *testing.T) *slurm {
	t.Helper()
	// Names of sockets are short, and munged wants a folder that nobody else may write to.
	dir, err := os.MkdirTemp("", "slurm")
	if err != nil {
		t.Fatal(err)
	}
	s := &slurm{t, dir}
	t.Cleanup(func() { os.RemoveAll(dir) })
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	host, _, _ = strings.Cut(host, ".")
	conf := []any{dir, host}
	for range 3 {
		_, port, _ := net.SplitHostPort(freeAddress(t))
		conf = append(conf, port)
	}
	for _, sub := range []string{"state", "spool.n1", "spool.n2"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"slurm.conf": fmt.Sprintf(slurmConf, conf...), "munge.key": strings.Repeat("a secret for this test. ", 50)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	s.daemon("munged", "--foreground", "--key-file="+at("munge.key"), "--socket="+at("munge.socket"), "--pid-file="+at("munge.pid"), "--log-file="+at("munge.log"), "--seed-file="+at("munge.seed"))
	s.daemon("slurmctld", "-D", "-f", at("slurm.conf"))
	for _, node := range []string{"n1", "n2"} {
		s.daemon("slurmd", "-D", "-N", node, "-f", at("slurm.conf"))
	}
	s.await(func() bool { return strings.Count(s.call("sinfo", "-N", "-h", "-o", "%N %t"), "idle") == 2 })
	return s
}

// daemon starts a program of Slurm.
func (s *slurm) daemon(name string, args ...string) {
	s.t.Helper()
	cmd := exec.Command(name, args...)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		kill := time.AfterFunc(5*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		kill.Stop()
		if s.t.Failed() {
			s.t.Logf("%s %q:\n%s", name, args, log.String())
		}
	})
}

// call runs a command of Slurm and returns what it says, also where it fails.
func (s *slurm) call(name string, args ...string) string {
	cmd := exec.Command(name, args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "SLURM_CONF="+filepath.Join(s.dir, "slurm.conf"), "SQUEUE_PARTITION=main")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Sprintf("%v: %s", err, out)
	}
	return string(out)
}

// await waits until something is so.
func (s *slurm) await(so func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); !so(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("it does not come: %s\n%s", s.call("sinfo", "-N"), s.call("squeue"))
		}
	}
}

// slurmSaidRE finds what a job of Slurm writes: a verdict, and how many came from the store.
var slurmSaidRE = regexp.MustCompile(`(?m)^1 job: (\d) passed, (\d) failed, 0 broken; (\d) from the store$`)

// TestE2ESlurm: what plan --format slurm writes is submitted to a real Slurm with two nodes. Each job is done once, on both nodes,
// the report of all comes in the end; and submitted again nothing is done again.
func TestE2ESlurm(t *testing.T) {
	site := newSite(t, 6)
	s := startSlurm(t)
	odd := filepath.Join(site.dir, `a "store" of $mine, it's`)
	jobs, merged := filepath.Join(site.dir, "jobs of it"), filepath.Join(site.dir, "all.json")
	// Which node it was is noted by what is called in the place of lsmpatch.
	program := filepath.Join(s.dir, "note node")
	note := fmt.Sprintf("#!/bin/sh\necho $SLURMD_NODENAME >>%s/nodes\nexec %s \"$@\"\n", s.dir, lsmpatch(t).Path)
	if err := os.WriteFile(program, []byte(note), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := lsmpatch(t, "plan", "--matrix", filepath.Join(site.dir, "site.toml"), "--store", odd, "--jobs", jobs, "--merged", merged, "--program", program, "--format", "slurm", "builtin:rust-lsm")
	script, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	submit := filepath.Join(s.dir, "submit")
	if err := os.WriteFile(submit, script, 0o755); err != nil {
		t.Fatal(err)
	}
	hosts := map[string]bool{}
	for round := range 2 {
		if out := s.call("/bin/sh", submit); !strings.HasSuffix(out, "writes the report\n") {
			t.Fatal(out)
		}
		s.await(func() bool { return s.call("squeue", "-h") == "" })
		stored := fmt.Sprint(round)
		for node := range strings.Lines(readMerged(t, filepath.Join(s.dir, "nodes"))) {
			hosts[node] = true
		}
		outputs, err := filepath.Glob(filepath.Join(s.dir, "slurm-*_*.out"))
		if err != nil || len(outputs) != 6 {
			t.Fatalf("%v, %v", outputs, err)
		}
		for _, name := range outputs {
			text, err := os.ReadFile(name)
			m := slurmSaidRE.FindSubmatch(text)
			if err != nil || m == nil || string(m[3]) != stored {
				t.Errorf("round %d, %s: %v\n%s", round, filepath.Base(name), err, text)
			}
			_ = os.Remove(name)
		}
		r := readMerged(t, merged)
		if !strings.Contains(r, `"name": "series"`) || strings.Contains(r, "it was not done") {
			t.Errorf("%.2000s", r)
		}
	}
	s.check(odd, jobs)
	if len(hosts) != 2 {
		t.Errorf("worked on %v", hosts)
	}
}

func readMerged(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// check holds the store against the jobs.
func (s *slurm) check(dir, file string) {
	s.t.Helper()
	store, err := fleet.OpenStore(dir)
	if err != nil {
		s.t.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	jobs, err := fleet.ReadJobs(f)
	if err != nil || len(jobs) != 6 {
		s.t.Fatalf("%d jobs, %v", len(jobs), err)
	}
	for _, j := range jobs {
		if r, err := store.Result(s.t.Context(), j.Key); err != nil || len(r.Steps) != 4 {
			s.t.Errorf("%+v, %v", r, err)
		}
	}
}
