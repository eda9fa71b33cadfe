# SPDX-License-Identifier: GPL-2.0-only

GO ?= go
export CGO_ENABLED ?= 0

.PHONY: help build test lint e2e

help: ## print these lines
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

build: ## bin/lsmpatch, one static binary
	$(GO) build -o bin/ ./cmd/lsmpatch

test: ## all tests that need only Go, git, perl and make
	$(GO) test ./...

lint: ## gofmt, go vet, staticcheck
	@test -z "$$(gofmt -l .)" || { gofmt -d .; exit 1; }
	$(GO) vet ./... && $(GO) vet -tags e2e ./...
	$(GO) tool staticcheck -tags e2e ./...

e2e: ## the whole mission on real kernels: tree, toolchain, apply, validate, build, boot
	$(GO) test -tags e2e -run '^TestE2E' -count=1 -timeout 60m -p 1 -v ./...
