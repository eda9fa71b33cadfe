# SPDX-License-Identifier: GPL-2.0-only
# A stand-in for git's own t/test-lib.sh: runs the body of each test of a script, and does not care
# whether it passes. What counts are the calls of git apply, which the git in front of the path records.
TEST_DIRECTORY=$(pwd)
TEST_NAME=$(basename "$0" .sh)
TRASH_DIRECTORY="$TEST_DIRECTORY/trash.$TEST_NAME"
HOME=$TRASH_DIRECTORY
GIT_CEILING_DIRECTORIES=$TEST_DIRECTORY
GIT_CONFIG_NOSYSTEM=1
GIT_AUTHOR_NAME='A U Thor' GIT_AUTHOR_EMAIL=author@example.com
GIT_COMMITTER_NAME='C O Mitter' GIT_COMMITTER_EMAIL=committer@example.com
LC_ALL=C TZ=UTC
SHELL_PATH=/bin/sh PERL_PATH=perl DIFF=diff GIT_TEST_CMP='diff -u'
export HOME TEST_DIRECTORY TRASH_DIRECTORY GIT_CEILING_DIRECTORIES GIT_CONFIG_NOSYSTEM LC_ALL TZ \
	GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
. "$TEST_DIRECTORY/test-lib-functions.sh"

have=" SYMLINKS POSIXPERM PERL SHA1 ICONV FUNNYNAMES TABS_IN_FILENAMES FILEMODE "
test_have_prereq () {
	for one in $(echo "$*" | tr , ' ')
	do
		case "$one" in
		!*) case "$have" in *" ${one#!} "*) return 1 ;; esac ;;
		*) case "$have" in *" $one "*) ;; *) return 1 ;; esac ;;
		esac
	done
}
test_set_prereq () { have="$have$1 "; }
test_lazy_prereq () { :; }
say () { :; }
error () { exit 1; }
test_debug () { :; }
test_done () { exit 0; }

test_expect_success () {
	test $# = 3 && { test_have_prereq "$1" || return 0; shift; }
	body=$2
	test "$body" = - && body=$(cat)
	test_cleanup=:
	eval "$body" </dev/null >>"$TEST_DIRECTORY/$TEST_NAME.log" 2>&1
	result=$?
	test -z "$RESULTS" || printf '%s %s: %s\n' "$result" "$TEST_NAME" "$1" >>"$RESULTS"
	eval "$test_cleanup" </dev/null >>"$TEST_DIRECTORY/$TEST_NAME.log" 2>&1
	cd "$TRASH_DIRECTORY"
}
test_expect_failure () { test_expect_success "$@"; }

# The functions write there; test_must_fail runs nothing where 7 is closed.
exec 4>/dev/null 7>/dev/null

mkdir -p "$TRASH_DIRECTORY"
cd "$TRASH_DIRECTORY"
git init -q -b main .
mkdir -p .git/hooks
