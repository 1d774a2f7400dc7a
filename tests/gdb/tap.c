/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tap LINE LISTEN LOG KEYS: stays connected to QEMU's serial line (a Unix socket) all the time,
 * writes each byte that comes from there to LOG, and lets one client after the other use the line
 * through LISTEN; what is written to the pipe KEYS has been typed there. QEMU's own log file will
 * not do: it has bytes twice when the reader is slow.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un address(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	strncpy(a.sun_path, path, sizeof(a.sun_path) - 1);
	return a;
}

static int die(const char *what)
{
	perror(what);
	exit(1);
}

/* Up to ten seconds for QEMU to come. */
static int dial(const char *path)
{
	struct sockaddr_un a = address(path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	for (int i = 0; i < 100; i++) {
		if (!connect(fd, (struct sockaddr *)&a, sizeof(a)))
			return fd;
		usleep(100000);
	}
	return die(path);
}

static int serve(const char *path)
{
	struct sockaddr_un a = address(path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, 1))
		die(path);
	return fd;
}

static void all(int fd, const char *buf, ssize_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, buf, (size_t)n);

		if (done <= 0)
			return; /* the client is gone */
		buf += done;
		n -= done;
	}
}

int main(int argc, char **argv)
{
	int line, door, keys, client = -1;
	char buf[4096];
	FILE *log;

	signal(SIGPIPE, SIG_IGN);
	if (argc != 5)
		return 2;
	log = fopen(argv[3], "w");
	keys = open(argv[4], O_RDWR); /* so that it never ends */
	door = serve(argv[2]);
	line = dial(argv[1]);
	for (;;) {
		struct pollfd p[] = {{line, POLLIN, 0},
				     {client < 0 ? door : client, POLLIN, 0},
				     {keys, POLLIN, 0}};
		ssize_t n;

		poll(p, 3, -1);
		if (p[0].revents) {
			n = read(line, buf, sizeof(buf));
			if (n <= 0 || !log)
				return 0;
			fwrite(buf, 1, (size_t)n, log);
			fflush(log);
			if (client >= 0)
				all(client, buf, n);
		}
		if (p[2].revents) {
			n = read(keys, buf, sizeof(buf));
			all(line, buf, n);
		}
		if (p[1].revents && client < 0) {
			client = accept(door, NULL, NULL);
		} else if (p[1].revents) {
			n = read(client, buf, sizeof(buf));
			all(line, buf, n);
			if (n <= 0) {
				close(client);
				client = -1;
			}
		}
	}
}
