// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// asRoot runs a command, as root, which the tests of faults are.
func asRoot(t *testing.T, command string, args ...any) string {
	t.Helper()
	words := strings.Fields(fmt.Sprintf(command, args...))
	out, err := exec.Command(words[0], words[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v\n%s", words, err, out)
	}
	return string(out)
}

// certificates writes those of an authority, of a server with an address, and of a worker, and has all of s use them.
func (s *site) certificates(address string) {
	s.t.Helper()
	at := func(name string) string { return filepath.Join(s.dir, name) }
	asRoot(s.t, "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority -keyout %s -out %s", at("ca.key"), at("ca.pem"))
	for _, name := range []string{"server", "worker"} {
		s.write(name+".ext", fmt.Sprintf("subjectAltName=IP:%s,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n", address))
		asRoot(s.t, "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=%s -keyout %s -out %s", name, at(name+".key"), at(name+".csr"))
		asRoot(s.t, "openssl x509 -req -days 2 -in %s -CA %s -CAkey %s -CAcreateserial -extfile %s -out %s", at(name+".csr"), at("ca.pem"), at("ca.key"), at(name+".ext"), at(name+".pem"))
	}
	s.options.CA, s.options.Cert, s.options.Key = at("ca.pem"), at("worker.pem"), at("worker.key")
	s.secure = []string{"--tls-ca", at("ca.pem"), "--tls-cert", at("server.pem"), "--tls-key", at("server.key")}
}

// TestE2ENetworkCut: a worker in a network of its own, which is cut again and again for longer than a worker may be silent, and one that
// is not, both by mutual TLS. No job is lost, none reported twice.
func TestE2ENetworkCut(t *testing.T) {
	s := newSite(t, 24)
	name := fmt.Sprintf("lsm%d", os.Getpid()%100000)
	asRoot(t, "ip netns add %s", name)
	t.Cleanup(func() { asRoot(t, "ip netns del %s", name) })
	asRoot(t, "ip link add %sa type veth peer name %sb netns %s", name, name, name)
	t.Cleanup(func() { _ = exec.Command("ip", "link", "del", name+"a").Run() })
	asRoot(t, "ip addr add 10.213.77.1/30 dev %sa", name)
	asRoot(t, "ip link set %sa up", name)
	asRoot(t, "ip -n %s addr add 10.213.77.2/30 dev %sb", name, name)
	asRoot(t, "ip -n %s link set %sb up", name, name)
	s.url = strings.Replace(s.url, "127.0.0.1", "10.213.77.1", 1)
	s.certificates("10.213.77.1")
	s.within = map[string][]string{"worker 1": {"ip", "netns", "exec", name}}
	s.start("server")
	q := s.connect()
	jobs := s.plan("builtin:rust-lsm", "builtin:rust-lsm-v1")
	s.start("worker 1")
	s.start("worker 2")
	cuts, cut := 0, time.Now()
	s.await(q, jobs, 2*time.Minute, func(int) {
		time.Sleep(50 * time.Millisecond)
		if time.Since(cut) > time.Second && cuts < 3 {
			asRoot(t, "ip link set %sa down", name)
			time.Sleep(2500 * time.Millisecond)
			asRoot(t, "ip link set %sa up", name)
			cuts, cut = cuts+1, time.Now()
		}
	})
	s.check(s.connect(), jobs)
	if cuts == 0 || toldRE.FindString(s.logs["worker 1"].String()) == "" {
		t.Errorf("%d cuts; worker 1 says\n%s", cuts, s.logs["worker 1"])
	}
	t.Logf("%d jobs, %d cuts", len(jobs), cuts)
}

// tmpfs mounts a small one in a folder of s.
func (s *site) tmpfs(name, size string) string {
	s.t.Helper()
	dir := filepath.Join(s.dir, name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		s.t.Fatal(err)
	}
	asRoot(s.t, "mount -t tmpfs -o size=%s tmpfs %s", size, dir)
	s.t.Cleanup(func() { asRoot(s.t, "umount -l %s", dir) })
	return dir
}

// fill takes all that is free in a folder, and returns what gives it back.
func (s *site) fill(dir string) func() {
	s.t.Helper()
	ballast := filepath.Join(dir, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	for _, size := range []int{1 << 16, 4096, 1} {
		for err = nil; err == nil; _, err = f.Write(make([]byte, size)) {
		}
	}
	return func() {
		if err := os.Remove(ballast); err != nil {
			s.t.Fatal(err)
		}
	}
}

// TestE2EDiskFullStore: work on a store whose disk is full says so and leaves nothing half; once there is room each job is done once.
func TestE2EDiskFullStore(t *testing.T) {
	s := newSite(t, 4)
	dir := s.tmpfs("store", "4m")
	cmd := lsmpatch(t, "plan", "--matrix", filepath.Join(s.dir, "site.toml"), "--store", dir, "builtin:rust-lsm")
	jobs, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	s.write("jobs", string(jobs))
	work := func() (string, error) {
		out, err := lsmpatch(t, "work", "--store", dir, filepath.Join(s.dir, "jobs")).CombinedOutput()
		return string(out), err
	}
	empty := s.fill(dir)
	if out, err := work(); err == nil || !strings.Contains(out, "no space left on device") {
		t.Errorf("%v\n%s", err, out)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*", "*", "*")); err != nil || len(left) != 1 { // the mailbox
		t.Errorf("left: %v, %v", left, err)
	}
	empty()
	for _, want := range []string{"4 jobs: 4 passed, 0 failed, 0 broken; 0 from the store\n", "4 jobs: 4 passed, 0 failed, 0 broken; 4 from the store\n"} {
		if out, err := work(); err != nil || !strings.HasSuffix(out, want) {
			t.Errorf("%v\n%s", err, out)
		}
	}
}

// TestE2EDiskFullQueue: the disk of the queue is full for a while. Workers wait with what they have; no job is lost or reported twice.
func TestE2EDiskFullQueue(t *testing.T) {
	s := newSite(t, 12)
	dir := s.tmpfs("serve", "64m")
	s.start("server")
	q := s.connect()
	jobs := s.plan("builtin:rust-lsm")
	s.start("worker 1")
	s.start("worker 2")
	var empty func()
	s.await(q, jobs, time.Minute, func(done int) {
		time.Sleep(50 * time.Millisecond)
		if done >= 2 && empty == nil {
			empty = s.fill(dir)
			time.Sleep(4 * time.Second)
			empty()
		}
	})
	s.check(s.connect(), jobs)
	if log := s.logs["server"].String(); !strings.Contains(log, "disk of the queue is full") || !strings.Contains(log, "it goes on\n") {
		t.Errorf("the server says\n%s", log)
	}
}

// TestE2EDiskSlow: each write and sync of the server takes 60 ms longer. Workers are heard of all the same, and no
// job is handed out twice, lost, or reported twice.
func TestE2EDiskSlow(t *testing.T) {
	s := newSite(t, 8)
	calls := "write,pwrite64,fsync,fdatasync"
	s.within = map[string][]string{"server": {"strace", "-f", "-qqq", "-o", filepath.Join(s.dir, "calls"), "--seccomp-bpf", "-e", "trace=" + calls,
		"-e", "inject=" + calls + ":delay_enter=60ms"}}
	s.start("server")
	q := s.connect()
	jobs := s.plan("builtin:rust-lsm")
	s.start("worker 1")
	s.start("worker 2")
	s.await(q, jobs, 2*time.Minute, func(int) { time.Sleep(50 * time.Millisecond) })
	s.check(q, jobs)
	if trace, err := os.ReadFile(filepath.Join(s.dir, "calls")); err != nil || strings.Count(string(trace), "(INJECTED)")+strings.Count(string(trace), "(DELAYED)") < 100 {
		t.Errorf("the disk was not slow: %v\n%.2000s", err, trace)
	}
	for _, j := range jobs {
		if r, err := q.Result(t.Context(), j.Key); err != nil || r.Attempt != 1 {
			t.Errorf("%+v, %v", r, err)
		}
	}
}
