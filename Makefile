# SPDX-License-Identifier: GPL-2.0-only

GO ?= go
FUZZTIME ?= 30s
export CGO_ENABLED ?= 0

DIST ?= dist
INPUTS ?= 2000
PIECE ?= 30m
# The rooms that have tests of a kind: to link those of all others takes minutes.
rooms_with = $(sort $(dir $(shell grep -rlE --include='*_test.go' '$(1)' .)))
ROOMS ?= $(call rooms_with,(runtest|testing)\.(Short|Deep|OneIn)\b)
ARCHS ?= amd64 arm64
# The tool reads what `go version -m` reads; its version is pinned, and the checksum database vouches for its bytes.
SBOM = GOOS= GOARCH= $(GO) run github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0

.PHONY: help build demo test deep e2e long judged bench parity growth lints e2e-next replay rates coverage lint fuzz series install screenshot man release deb parity-next parity-fork bases t-am cover

help: ## print these lines
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

build: ## bin/lsmpatch, one static binary
	$(GO) build -o bin/ ./cmd/lsmpatch

demo: build ## the main job on what is embedded, in seconds: all checks on a small tree
	bin/lsmpatch patchset list
	bin/lsmpatch series info
	bin/lsmpatch premerge --tree testdata/minilinux

# Many tests wait for processes, so two packages to a core; go vet is a part of lint.
test: ## the tests that need only Go, git, perl and make
	$(GO) test -short -vet=off -timeout 30m -p $$((2 * $$(nproc))) ./...

deep: ## [ROOMS=./...] the same tests with all seeds, points, ways and builds that they have, in the rooms where that is more: some ten minutes
	$(GO) test -vet=off -timeout 30m -p $$((2 * $$(nproc))) $(ROOMS)

# The processes of lsmpatch that tests start count as well. Those that are left out start programs that may write nowhere, so not
# what they count either.
cover: ## how many of the statements of each package the tests of its room reach
	rm -rf out/cover && mkdir -p out/cover
	@set -e; for room in apply checkpatch series patchset cmd $(patsubst %/,%,$(wildcard internal/*/)); do \
		$(GO) test -exec 'env GOCOVERDIR=$(abspath out/cover)' -vet=off -timeout 30m -coverpkg=./$$room/... -skip '^TestConfine$$|^TestScript$$/^(vim|checkpatch)$$' ./$$room/... -args -test.gocoverdir=$(abspath out/cover) >out/cover.log || { cat out/cover.log; exit 1; }; \
	done
	$(GO) tool covdata percent -i out/cover

e2e: ## the whole mission on real kernels: tree, toolchain, apply, validate, build, boot
	$(GO) test -tags e2e -run '^TestE2E' -count=1 -timeout 80m -p 1 -v $(call rooms_with,^func TestE2E)

long: ## what takes long besides: parity, proof by the compilers, Kconfig of real trees, builds of series
	$(GO) test -tags e2e -run '^TestLong' -count=1 -timeout 120m -p 1 -v $(call rooms_with,^func TestLong)

judged: ## faults in hooks, seeded into right series and judged by clang and rustc in one batch: what we miss, what we imagine
	$(GO) test -tags e2e -run '^TestLong(Seeded|Judged)$$' -count=1 -timeout 120m -v ./internal/hooks

bench: ## our speed beside the peer's (git, checkpatch.pl), in one run, as a ratio
	$(GO) test -tags e2e -run '^TestBench' -bench . -count=1 -timeout 120m -p 1 -v ./apply ./checkpatch/parity ./series ./internal/hooks ./internal/land ./internal/fetch

replay: ## a whole list archive sorted into series: make replay INBOX=DIR, any public-inbox
	INBOX=$(abspath $(INBOX)) $(GO) test -run '^TestReplay$$' -count=1 -timeout 60m -v ./series

.PHONY: b4
b4: ## INBOX=DIR [MAILS=20000 THREADS=200]: what b4 am and series am make of the threads of a list archive, and each difference with its class
	INBOX="$(abspath $(INBOX))" MAILS=$(MAILS) THREADS=$(THREADS) $(GO) test -run '^TestB4$$' -count=1 -timeout 60m -v ./cmd/lsmpatch

rates: ## INBOX=DIR [TREE=DIR MAILS=8000 SEED=1 OUT=rates.txt]: a sample of the findings in a list archive, to be judged by hand; JUDGED=FILE: the table of a judged one
	INBOX="$(if $(INBOX),$(abspath $(INBOX)))" TREE="$(if $(TREE),$(abspath $(TREE)))" MAILS=$(MAILS) SEED=$(SEED) OUT=$(abspath $(or $(OUT),rates.txt)) JUDGED="$(if $(JUDGED),$(abspath $(JUDGED)))" \
		$(GO) test -run '^TestRates$$' -count=1 -timeout 60m ./cmd/lsmpatch

t-am: ## [GIT=DIR] git's own tests of am and apply, with lsmpatch in the place of git: what differs, held against docs/am.md
	GIT="$(if $(GIT),$(abspath $(GIT)))" $(GO) test -tags e2e -run '^TestLongGit(AmShim|AmSuite|Suite)$$' -count=1 -timeout 30m -v ./apply

.PHONY: distro
distro: ## [PATCHES=DIR TREE=DIR]: up to 2,000 patches of a distribution against git apply; Debian's where none is named
	PATCHES="$(if $(PATCHES),$(abspath $(PATCHES)))" TREE="$(if $(TREE),$(abspath $(TREE)))" $(GO) test -tags e2e -run '^TestLongDistroPatches$$' -count=1 -timeout 60m -v ./apply

bases: ## TREE=DIR [SERIES=1000], a repository with merged topics: for how many series apply --base auto finds a base, and why not
	TREE="$(abspath $(TREE))" SERIES=$(SERIES) $(GO) test -run '^TestBases$$' -count=1 -timeout 240m -v ./apply

.PHONY: schemas
schemas: ## [KCIDB=DIR GITLAB=FILE]: reports against the consumers' own schemas: a checkout of kernelci/kcidb-io, GitLab's codeclimate.json
	KCIDB="$(if $(KCIDB),$(abspath $(KCIDB)))" GITLAB="$(if $(GITLAB),$(abspath $(GITLAB)))" $(GO) test -run '^Test(KCIDB|GitLab|SARIF)Schema$$' -count=1 -v ./patchset/report

.PHONY: consoles
consoles: ## CONSOLES=DIR: what the judge of consoles makes of a corpus of logs with titles, as syzkaller's pkg/report/testdata has them
	CONSOLES="$(abspath $(CONSOLES))" $(GO) test -run '^TestLongConsoles$$' -count=1 -v ./internal/boot/klog

parity-next: ## TREE=DIR: which rules of its checkpatch.pl are not known yet, and what the engine makes of inputs for them
	LSMPATCH_TREE="$(abspath $(TREE))" $(GO) test -tags e2e -run '^TestE2ENext$$' -count=1 -v ./checkpatch/parity

parity-fork: ## U-Boot and QEMU, or [TREE=DIR], forked checkpatch.pl: what --engine auto finds beside their own scripts
	LSMPATCH_TREE="$(if $(TREE),$(abspath $(TREE)))" $(GO) test -tags e2e -run '^TestLongFork$$' -count=1 -timeout 60m -v ./checkpatch/parity

parity: ## [INPUTS=2000] [PIECE=30m] the native engine and the scripts of four kernels: what agrees, by tree, kind and type; goes on where it was left
	$(GO) test -tags e2e -run '^TestLongEditions$$' -count=1 -timeout 240m -v ./checkpatch/parity -args -inputs $(INPUTS) -piece $(PIECE)

coverage: ## the configuration for 300 differences between two kernels, and what it does not compile
	$(GO) test -tags e2e -run '^TestLongCoverage$$' -count=1 -timeout 60m -v ./internal/kconfig -args -files 300

growth: ## what every verb costs on families of hostile inputs that grow: some minutes
	$(GO) test -tags e2e -run '^TestGrowth(Style)?$$' -count=1 -timeout 60m -v ./cmd/lsmpatch

lints: ## the carried series by clippy, rustfmt and hooks check --compile: two more builds of a kernel
	$(GO) test -tags e2e -run '^TestCarriedLints$$' -count=1 -timeout 60m -v ./cmd/lsmpatch

e2e-next: ## the series after the carried one, on top of it: built, booted, KUnit and its selftest run; as long as the mission
	$(GO) test -tags e2e -run '^TestCarriedNext$$' -count=1 -timeout 80m -v ./cmd/lsmpatch

.PHONY: e2e-usermode
e2e-usermode: ## the carried series as a User Mode Linux: its doctests; what version 1 crashes on and version 2 does not compile; two LSMs of one file name
	$(GO) test -tags e2e -run '^TestLongUserMode$$' -count=1 -timeout 80m -v ./cmd/lsmpatch

# With the tag no file is left out.
lint: ## gofmt, go vet, staticcheck
	@test -z "$$(gofmt -l .)" || { gofmt -d .; exit 1; }
	$(GO) vet -tags e2e ./...
	$(GO) tool staticcheck -tags e2e ./...

fuzz: ## each fuzz target for FUZZTIME (default 30s)
	@for pkg in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			echo "== $$pkg $$f"; \
			$(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5x $$pkg || exit 1; \
		done; \
	done

series: ## regenerate the carried mails from TREE, a branch of a kernel tree
	@test -n "$(TREE)" || { echo "make series TREE=DIR [BRANCH=rust-lsm]" >&2; exit 2; }
	patchset/rustlsm/regen "$(TREE)" $(BRANCH) # of the series after: patchset/rustlsm/regen --next

install: ## lsmpatch into GOBIN
	$(GO) install ./cmd/lsmpatch

screenshot: build ## docs/failing.svg, the README's picture, from a real run in tmux
	docs/screenshot bin/lsmpatch >docs/failing.svg.new && mv docs/failing.svg.new docs/failing.svg

man: build ## manual pages of all verbs, in out/man/man1: man -M out/man lsmpatch-premerge
	bin/lsmpatch man -o out/man/man1

deb: release ## a Debian package of each of them, reproducible likewise
	@set -e; for arch in $(ARCHS); do GO="$(GO)" packaging/deb/build $(DIST)/lsmpatch-linux-$$arch $$arch $(DIST); done

release: ## static binaries that anybody can build anew, bit for bit, with sums and SBOMs, in DIST (default dist)
	rm -rf $(DIST) && mkdir -p $(DIST)
	@set -e; for arch in $(ARCHS); do \
		echo "linux/$$arch"; \
		CGO_ENABLED=0 GOOS=linux GOARCH=$$arch GOAMD64=v1 GOARM64=v8.0 GOFLAGS= GOEXPERIMENT= \
			$(GO) build -trimpath -buildvcs=auto -ldflags='-s -w -buildid=' -o $(DIST)/lsmpatch-linux-$$arch ./cmd/lsmpatch; \
		$(SBOM) bin -json -std -noserial -notimestamp -output $(DIST)/lsmpatch-linux-$$arch.cdx.json $(DIST)/lsmpatch-linux-$$arch; \
	done
	cd $(DIST) && sha256sum lsmpatch-* >sha256sums
