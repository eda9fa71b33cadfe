#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# build.sh OUTDIR: compiles init.c for each architecture, with clang and lld 19.1.7 (Debian's), whose
# bytes are the same each time. TestInitIsBuiltFromSource compares them with those beside this file.
set -eu
cd "$(dirname "$0")"
sum=$(sha256sum <init.c | cut -c1-64)
for arch in amd64 arm64 riscv64; do
	case $arch in
	amd64) target=x86_64-linux-gnu flags=-mno-sse ;;
	arm64) target=aarch64-linux-gnu flags=-mgeneral-regs-only ;;
	riscv64) target=riscv64-linux-gnu flags='-march=rv64ima -mabi=lp64 -mno-relax' ;;
	esac
	${CLANG:-clang-19} --target=$target $flags -Os -Wall -Wextra -Werror -std=gnu11 -ffreestanding -fno-stack-protector -fno-pic -fno-pie \
		-fno-asynchronous-unwind-tables -fno-unwind-tables -fno-ident -mno-implicit-float -nostdlib -static -fuse-ld=lld-19 \
		-Wl,--build-id=none -Wl,-z,norelro -Wl,-z,max-page-size=4096 -Wl,-s -Wl,--no-eh-frame-hdr \
		"-DSUM=\"$sum\"" -o "${1:-.}/init-$arch" init.c
done
