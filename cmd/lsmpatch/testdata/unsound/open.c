// SPDX-License-Identifier: GPL-2.0-only
// Opens a file that the LSM beside it puts into a descriptor table and denies, and asks for the state of what it got.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void)
{
	puts("TAP version 13\n1..2");
	int fd = open("/init", O_RDONLY | O_DSYNC);
	printf("%s 1 open is refused: %s\n", fd < 0 && errno == EPERM ? "ok" : "not ok", strerror(errno));
	fflush(stdout);
	for (fd = 3; fd < 20; fd++) {
		struct stat st;
		fstat(fd, &st);
		close(fd);
	}
	puts("ok 2 the descriptors are closed");
	return 0;
}
