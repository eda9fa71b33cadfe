" SPDX-License-Identifier: GPL-2.0-only
" Vim compiler file: what lsmpatch finds, in the quickfix list.
"
"   :compiler lsmpatch
"   :make series.mbox          in a Linux tree
"   :cnext

if exists("current_compiler")
	finish
endif
let current_compiler = "lsmpatch"

if exists(":CompilerSet") != 2
	command -nargs=* CompilerSet setlocal <args>
endif

CompilerSet makeprg=lsmpatch\ premerge\ --color\ never\ --quiet\ --tree\ .\ $*
" patch 3: security/lsm.c:53:1: error: text, the same without a column, and without a line.
CompilerSet errorformat=
	\patch\ %*\\d:\ %f:%l:%c:\ %t%*[a-z]:\ %m,
	\patch\ %*\\d:\ %f:%l:\ %t%*[a-z]:\ %m,
	\%f:%l:%c:\ %t%*[a-z]:\ %m,
	\%f:%l:\ %t%*[a-z]:\ %m,
	\%trror:\ %m,
	\%tarning:\ %m,
	\%tote:\ %m,
	\patch\ %n:\ %t%*[a-z]:\ %m,
	\%-G%.%#
