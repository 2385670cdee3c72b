/*
 * mailload - a small mail load generator: SMTP, POP3 and IMAP sessions as
 * coroutines over one epoll loop in one thread, so that the generator takes
 * little of the machine that it shares with the server under test.
 *
 * Every mode is a closed loop of -c sessions that runs for -d seconds (or -n
 * operations) and prints one JSON object with counts, rates, latencies in
 * milliseconds, and the generator's own CPU time.
 *
 * Build: cc -O2 -Wall -o mailload mailload.c -lssl -lcrypto
 *        cc -O2 -Wall -DNO_TLS -o mailload mailload.c      (without OpenSSL)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#ifndef NO_TLS
#include <openssl/err.h>
#include <openssl/ssl.h>
#endif

/* ---------------------------------------------------------------- options */

enum tls { TLS_NONE, TLS_START, TLS_IMPLICIT };
enum pick { PICK_SEQ, PICK_RANDOM, PICK_FIXED };

static struct {
	const char *mode, *op, *host, *user, *pass, *from, *rcpt, *rcpt_file;
	const char *mbox, *via, *proto, *node;
	int port, imap_port, sink_port, sessions, domains, per_conn, poll_ms;
	int gap_ms, limit, first, count, timeout_s, copies;
	double secs;
	long ops;
	size_t size;
	enum tls tls, imap_tls;
	enum pick pick;
	bool auth, pipeline, no_select;
	unsigned seed;
} o = {
	.host = "127.0.0.1", .user = "%n.user@d%d.bench.test",
	.pass = "pw%n-%d", .from = "load@sender.example", .mbox = "INBOX",
	.proto = "imap",
	.op = "auth", .via = "noop", .sessions = 1, .domains = 20,
	.per_conn = 1, .poll_ms = 2, .gap_ms = 20, .limit = 64, .count = 500,
	.timeout_s = 120, .size = 4096, .seed = 1, .pick = PICK_SEQ, .copies = 1,
};

/* ------------------------------------------------------------- statistics */

struct series { float *v; size_t n, cap; };

static struct series lat_a, lat_b;	/* meaning depends on the mode */
static long n_ok, n_err, n_msgs, n_started;
static uint64_t n_bytes;
static double t_start, t_deadline, t_last_ok;

static double now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void add(struct series *s, double seconds)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 4096;
		s->v = realloc(s->v, s->cap * sizeof *s->v);
		if (!s->v)
			abort();
	}
	s->v[s->n++] = (float)(seconds * 1000);
}

static int cmp_float(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

static double quantile(struct series *s, double q)
{
	if (!s->n)
		return 0;
	size_t i = (size_t)(q * (double)(s->n - 1) + 0.5);
	return s->v[i];
}

static void print_series(const char *name, struct series *s)
{
	if (!s->n)
		return;
	qsort(s->v, s->n, sizeof *s->v, cmp_float);
	printf(",\"%s_ms\":{\"n\":%zu,\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,"
	       "\"max\":%.3f}", name, s->n, quantile(s, 0.5),
	       quantile(s, 0.9), quantile(s, 0.99), quantile(s, 1));
}

static void complain(const char *fmt, ...)
{
	static int said;
	va_list ap;

	n_err++;
	if (said++ >= 5)
		return;
	va_start(ap, fmt);
	fputs("mailload: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

/* ------------------------------------------------------------- coroutines */

#define STACK_SIZE (192 * 1024)

struct conn {
	struct co *co;			/* the coroutine that drives it */
	int fd;
	unsigned ready, want;		/* EPOLLIN / EPOLLOUT seen, awaited */
	bool peer_eof;
	char *in;
	size_t in_pos, in_len, in_cap;
	unsigned tag;
	long exists, fetched, status_msgs;
	bool pipelining;		/* offered by the SMTP server */
#ifndef NO_TLS
	SSL *ssl;
#endif
};

struct co {
	ucontext_t ctx;
	void *stack;
	void (*run)(struct conn *);
	int id;
	double wake;			/* time to give up or to go on; 0 none */
	bool timed_out, done, sleeping;
	bool background;		/* does not keep the loop alive */
	struct conn conn;		/* most coroutines drive just this one */
};

static ucontext_t main_ctx;
static struct co **all;
static int n_all, n_live, ep;
static int opening;			/* sessions now connecting (see limit) */

static struct co **run_queue;		/* to be resumed by the loop */
static int n_queued;

static void yield(struct co *c)
{
	swapcontext(&c->ctx, &main_ctx);
}

static void co_entry(unsigned lo, unsigned hi)
{
	struct co *c = (struct co *)(((uintptr_t)hi << 32) | lo);
	c->run(&c->conn);
	c->done = true;
	if (!c->background)
		n_live--;
	for (;;)
		yield(c);
}

static void enqueue(struct co *c)
{
	run_queue = realloc(run_queue, (size_t)(n_queued + 1) * sizeof *run_queue);
	if (!run_queue)
		abort();
	run_queue[n_queued++] = c;
}

static struct co *spawn(void (*run)(struct conn *), int id, bool background)
{
	struct co *c = calloc(1, sizeof *c);
	c->run = run;
	c->id = id;
	c->background = background;
	c->conn.co = c;
	c->conn.fd = -1;
	c->stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (c->stack == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	getcontext(&c->ctx);
	c->ctx.uc_stack.ss_sp = c->stack;
	c->ctx.uc_stack.ss_size = STACK_SIZE;
	c->ctx.uc_link = NULL;
	uintptr_t p = (uintptr_t)c;
	makecontext(&c->ctx, (void (*)(void))co_entry, 2, (unsigned)p,
		    (unsigned)(p >> 32));
	all = realloc(all, (size_t)(n_all + 1) * sizeof *all);
	all[n_all++] = c;
	if (!background)
		n_live++;
	enqueue(c);
	return c;
}

static void resume(struct co *c)
{
	if (!c->done)
		swapcontext(&main_ctx, &c->ctx);
}

/* Waits for any of the events; false when the time is up. */
static bool wait_for(struct conn *c, unsigned events, double seconds)
{
	struct co *co = c->co;

	c->want = events;
	co->timed_out = false;
	co->wake = now() + seconds;
	while (!(c->ready & events) && !co->timed_out)
		yield(co);
	c->want = 0;
	co->wake = 0;
	return !co->timed_out;
}

static void nap(struct co *c, double seconds)
{
	c->timed_out = false;
	c->sleeping = true;
	c->wake = now() + seconds;
	while (!c->timed_out)
		yield(c);
	c->sleeping = false;
	c->wake = 0;
}

static void loop(void)
{
	struct epoll_event ev[256];
	double next_scan = 0;

	while (n_live > 0) {
		for (int i = 0; i < n_queued; i++)
			resume(run_queue[i]);
		n_queued = 0;
		/* Timers are fine-grained for the first sessions only; that is
		 * enough for the latency mode and cheap for many sessions. */
		double t = now(), next = t + 0.2;
		int fine = n_all < 64 ? n_all : 64;
		for (int i = 0; i < fine; i++)
			if (all[i]->sleeping && all[i]->wake < next)
				next = all[i]->wake;
		int ms = (int)((next - t) * 1000);
		int n = epoll_wait(ep, ev, 256, ms < 0 ? 0 : ms);
		for (int i = 0; i < n; i++) {
			struct conn *c = ev[i].data.ptr;
			unsigned e = ev[i].events;
			if (e & (EPOLLERR | EPOLLHUP | EPOLLRDHUP))
				e |= EPOLLIN | EPOLLOUT;
			c->ready |= e & (EPOLLIN | EPOLLOUT);
			if (c->want & c->ready)
				resume(c->co);
		}
		t = now();
		int upto = fine;
		if (t >= next_scan) {
			upto = n_all;
			next_scan = t + 0.25;
		}
		for (int i = 0; i < upto; i++)
			if (all[i]->wake && all[i]->wake <= t + 0.0005) {
				all[i]->timed_out = true;
				resume(all[i]);
			}
	}
}

/* ------------------------------------------------------------ connections */

#ifndef NO_TLS
static SSL_CTX *tls_ctx;
#endif

static void attach(struct conn *c)
{
	struct epoll_event ev = {
		.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
		.data.ptr = c };
	int one = 1;

	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	c->ready = 0;
	c->in_pos = c->in_len = 0;
	c->peer_eof = false;
	epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev);
}

static void c_close(struct conn *c)
{
#ifndef NO_TLS
	if (c->ssl) {
		SSL_free(c->ssl);
		c->ssl = NULL;
	}
#endif
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static int c_connect(struct conn *c, const char *host, int port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port) };
	int err = 0;
	socklen_t len = sizeof err;

	if (inet_pton(AF_INET, host, &sa.sin_addr) != 1) {
		complain("not an IPv4 address: %s", host);
		return -1;
	}
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0) {
		complain("socket: %s", strerror(errno));
		return -1;
	}
	int r = connect(c->fd, (struct sockaddr *)&sa, sizeof sa);
	if (r < 0 && errno != EINPROGRESS) {
		complain("connect %d: %s", port, strerror(errno));
		c_close(c);
		return -1;
	}
	attach(c);
	if (!wait_for(c, EPOLLOUT, o.timeout_s)) {
		complain("connect %d: timeout", port);
		c_close(c);
		return -1;
	}
	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (err) {
		complain("connect %d: %s", port, strerror(err));
		c_close(c);
		return -1;
	}
	return 0;
}

static ssize_t c_read_some(struct conn *c, char *buf, size_t len)
{
	for (;;) {
		ssize_t n;
#ifndef NO_TLS
		if (c->ssl) {
			n = SSL_read(c->ssl, buf, (int)len);
			if (n > 0)
				return n;
			int e = SSL_get_error(c->ssl, (int)n);
			ERR_clear_error();
			if (e == SSL_ERROR_ZERO_RETURN)
				return 0;
			if (e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE)
				return -1;
			unsigned w = e == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLOUT;
			c->ready &= ~w;
			if (!wait_for(c, w, o.timeout_s))
				return -2;
			continue;
		}
#endif
		n = read(c->fd, buf, len);
		if (n >= 0)
			return n;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return -1;
		c->ready &= ~(unsigned)EPOLLIN;
		if (!wait_for(c, EPOLLIN, o.timeout_s))
			return -2;
	}
}

static int c_write(struct conn *c, const char *buf, size_t len)
{
	while (len) {
		ssize_t n;
#ifndef NO_TLS
		if (c->ssl) {
			size_t part = len > 16384 ? 16384 : len;
			n = SSL_write(c->ssl, buf, (int)part);
			if (n <= 0) {
				int e = SSL_get_error(c->ssl, (int)n);
				ERR_clear_error();
				if (e != SSL_ERROR_WANT_READ &&
				    e != SSL_ERROR_WANT_WRITE)
					return -1;
				unsigned w = e == SSL_ERROR_WANT_READ ?
					EPOLLIN : EPOLLOUT;
				c->ready &= ~w;
				if (!wait_for(c, w, o.timeout_s))
					return -1;
				continue;
			}
			buf += n;
			len -= (size_t)n;
			continue;
		}
#endif
		n = write(c->fd, buf, len);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			if (errno != EAGAIN)
				return -1;
			c->ready &= ~(unsigned)EPOLLOUT;
			if (!wait_for(c, EPOLLOUT, o.timeout_s))
				return -1;
			continue;
		}
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

static int c_printf(struct conn *c, const char *fmt, ...)
{
	char buf[4096];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(buf, sizeof buf, fmt, ap);
	va_end(ap);
	if (n < 0 || n >= (int)sizeof buf)
		return -1;
	return c_write(c, buf, (size_t)n);
}

static int c_tls(struct conn *c)
{
#ifdef NO_TLS
	(void)c;
	complain("built without TLS");
	return -1;
#else
	c->ssl = SSL_new(tls_ctx);
	SSL_set_fd(c->ssl, c->fd);
	for (;;) {
		int r = SSL_connect(c->ssl);
		if (r == 1)
			return 0;
		int e = SSL_get_error(c->ssl, r);
		if (e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE) {
			complain("TLS: %s", ERR_reason_error_string(ERR_peek_error()));
			ERR_clear_error();
			return -1;
		}
		unsigned w = e == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLOUT;
		c->ready &= ~w;
		if (!wait_for(c, w, o.timeout_s)) {
			complain("TLS: timeout");
			return -1;
		}
	}
#endif
}

static int c_fill(struct conn *c)
{
	if (c->in_pos == c->in_len)
		c->in_pos = c->in_len = 0;
	if (c->in_len == c->in_cap) {
		if (c->in_pos) {
			memmove(c->in, c->in + c->in_pos, c->in_len - c->in_pos);
			c->in_len -= c->in_pos;
			c->in_pos = 0;
		} else {
			c->in_cap = c->in_cap ? c->in_cap * 2 :
				(o.sessions > 1000 ? 4096 : 65536);
			c->in = realloc(c->in, c->in_cap);
			if (!c->in)
				abort();
		}
	}
	ssize_t n = c_read_some(c, c->in + c->in_len, c->in_cap - c->in_len);
	if (n <= 0) {
		if (n == -2)
			complain("%s: read timeout", o.mode);
		c->peer_eof = true;
		return -1;
	}
	c->in_len += (size_t)n;
	return 0;
}

/* The next line without its CRLF; valid until the next read. */
static char *c_line(struct conn *c, size_t *len)
{
	size_t scanned = 0;

	for (;;) {
		char *nl = NULL;
		if (c->in_len > c->in_pos + scanned)
			nl = memchr(c->in + c->in_pos + scanned, '\n',
				    c->in_len - c->in_pos - scanned);
		if (nl) {
			char *s = c->in + c->in_pos;
			size_t n = (size_t)(nl - s);
			c->in_pos += n + 1;
			if (n && s[n - 1] == '\r')
				n--;
			s[n] = 0;
			if (len)
				*len = n;
			return s;
		}
		scanned = c->in_len - c->in_pos;
		if (c_fill(c) < 0)
			return NULL;
	}
}

static int c_skip(struct conn *c, size_t n)
{
	while (n) {
		size_t have = c->in_len - c->in_pos;
		if (have > n)
			have = n;
		c->in_pos += have;
		n -= have;
		if (n && c_fill(c) < 0)
			return -1;
	}
	return 0;
}

/* ------------------------------------------------------------------ users */

static unsigned rnd(void)
{
	static uint64_t s;
	if (!s)
		s = o.seed * 0x9E3779B97F4A7C15ull + 1;
	s ^= s << 13;
	s ^= s >> 7;
	s ^= s << 17;
	return (unsigned)(s >> 16);
}

/* User i lives in domain i mod D and is number i div D + 1 there. */
static const char *expand(char *buf, size_t size, const char *fmt, long i)
{
	size_t n = 0;

	for (; *fmt && n + 24 < size; fmt++) {
		if (*fmt == '%' && fmt[1] == 'n') {
			n += (size_t)sprintf(buf + n, "%ld", i / o.domains + 1);
			fmt++;
		} else if (*fmt == '%' && fmt[1] == 'd') {
			n += (size_t)sprintf(buf + n, "%02ld", i % o.domains + 1);
			fmt++;
		} else if (*fmt == '%' && fmt[1] == 's') {
			n += (size_t)sprintf(buf + n, "%ld", i);
			fmt++;
		} else {
			buf[n++] = *fmt;
		}
	}
	buf[n] = 0;
	return buf;
}

static long pick_user(struct conn *c)
{
	static long next;

	switch (o.pick) {
	case PICK_RANDOM:
		return o.first + (long)(rnd() % (unsigned)o.count);
	case PICK_FIXED:
		return o.first + c->co->id % o.count;
	default:
		return o.first + next++ % o.count;
	}
}

static size_t base64(char *out, const char *in, size_t n)
{
	static const char t[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t k = 0;

	for (size_t i = 0; i < n; i += 3) {
		unsigned v = (unsigned char)in[i] << 16;
		if (i + 1 < n)
			v |= (unsigned char)in[i + 1] << 8;
		if (i + 2 < n)
			v |= (unsigned char)in[i + 2];
		out[k++] = t[v >> 18 & 63];
		out[k++] = t[v >> 12 & 63];
		out[k++] = i + 1 < n ? t[v >> 6 & 63] : '=';
		out[k++] = i + 2 < n ? t[v & 63] : '=';
	}
	out[k] = 0;
	return k;
}

static void plain_response(char *out, const char *user, const char *pass)
{
	char raw[512];
	int n = snprintf(raw, sizeof raw, "%c%s%c%s", 0, user, 0, pass);
	base64(out, raw, (size_t)n);
}

static bool more(void)
{
	if (o.ops && n_started >= o.ops)
		return false;
	if (o.secs > 0 && now() >= t_deadline)
		return false;
	n_started++;
	return true;
}

static void ok(void)
{
	n_ok++;
	t_last_ok = now();
}

/* --------------------------------------------------------------- messages */

static char *body;
static size_t body_len;

static void make_body(void)
{
	size_t want = o.size > 400 ? o.size - 330 : 80, n = 0;
	unsigned s = 12345;

	body = malloc(want + 256);
	while (n + 78 < want) {
		for (int i = 0; i < 76; i++) {
			s = s * 1103515245 + 12345;
			body[n++] = (s >> 16) % 7 ? 'a' + (char)((s >> 18) % 26) : ' ';
		}
		if (body[n - 76] == ' ')
			body[n - 76] = 'x';
		body[n++] = '\r';
		body[n++] = '\n';
	}
	memcpy(body + n, "--\r\nend\r\n", 9);
	body_len = n + 9;
}

static int make_head(char *h, size_t size, const char *from, const char *to, long id)
{
	char date[64];
	time_t t = time(NULL);
	struct tm tm;

	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", gmtime_r(&t, &tm));
	return snprintf(h, size,
		"Date: %s\r\nFrom: Load <%s>\r\nTo: <%s>\r\n"
		"Subject: bench message %ld topic-%ld\r\n"
		"Message-ID: <%ld.%d.%u@sender.example>\r\nMIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=us-ascii\r\n\r\n",
		date, from, to, id, id % 17, id, (int)getpid(),
		(unsigned)(now() * 1000));
}

static int write_message(struct conn *c, const char *from, const char *to, long id,
			 const char *end)
{
	char head[1024];
	int h = make_head(head, sizeof head, from, to, id);
	size_t e = strlen(end);

	if (body_len < 65536) {
		char *buf = alloca((size_t)h + body_len + e);
		memcpy(buf, head, (size_t)h);
		memcpy(buf + h, body, body_len);
		memcpy(buf + h + body_len, end, e);
		return c_write(c, buf, (size_t)h + body_len + e);
	}
	return c_write(c, head, (size_t)h) || c_write(c, body, body_len) ||
	       c_write(c, end, e) ? -1 : 0;
}

/* ------------------------------------------------------------------- SMTP */

static int smtp_reply(struct conn *c)
{
	for (;;) {
		size_t n;
		char *s = c_line(c, &n);
		if (!s || n < 3)
			return -1;
		if (n > 4 && !strncasecmp(s + 4, "PIPELINING", 10))
			c->pipelining = true;
		if (n == 3 || s[3] != '-')
			return atoi(s);
	}
}

static int smtp_open(struct conn *c, long user)
{
	char u[256], p[256], b[1024];

	if (c_connect(c, o.host, o.port) < 0)
		return -1;
	if (o.tls == TLS_IMPLICIT && c_tls(c) < 0)
		return -1;
	int r = smtp_reply(c);
	if (r != 220) {
		complain("smtp banner: %d", r);
		return -1;
	}
	c->pipelining = false;
	c_printf(c, "EHLO load.sender.example\r\n");
	if ((r = smtp_reply(c)) != 250) {
		complain("EHLO: %d", r);
		return -1;
	}
	if (o.tls == TLS_START) {
		c_printf(c, "STARTTLS\r\n");
		if ((r = smtp_reply(c)) != 220) {
			complain("STARTTLS: %d", r);
			return -1;
		}
		if (c_tls(c) < 0)
			return -1;
		c_printf(c, "EHLO load.sender.example\r\n");
		if ((r = smtp_reply(c)) != 250) {
			complain("EHLO: %d", r);
			return -1;
		}
	}
	if (o.auth) {
		plain_response(b, expand(u, sizeof u, o.user, user),
			       expand(p, sizeof p, o.pass, user));
		c_printf(c, "AUTH PLAIN %s\r\n", b);
		if ((r = smtp_reply(c)) != 235) {
			complain("AUTH %s: %d", u, r);
			return -1;
		}
	}
	return 0;
}

static char **rcpts;
static size_t n_rcpts;

static void load_rcpts(void)
{
	FILE *f = fopen(o.rcpt_file, "r");
	char line[512];

	if (!f) {
		perror(o.rcpt_file);
		exit(1);
	}
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n")] = 0;
		if (!*line)
			continue;
		rcpts = realloc(rcpts, (n_rcpts + 1) * sizeof *rcpts);
		rcpts[n_rcpts++] = strdup(line);
	}
	fclose(f);
}

/* One message; the time of the final dot goes to *dot. */
static int smtp_send(struct conn *c, long sender, const char *to, long id, double *dot)
{
	char from[256];
	int r;

	/* An authenticated sender uses its own address. */
	if (o.auth)
		expand(from, sizeof from, o.user, sender);
	else
		snprintf(from, sizeof from, "%s", o.from);
	if (o.pipeline && c->pipelining) {
		c_printf(c, "MAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nDATA\r\n", from, to);
		int m = smtp_reply(c), q = smtp_reply(c);
		r = smtp_reply(c);
		if (m != 250 || q != 250 || r != 354) {
			complain("MAIL/RCPT %s/DATA: %d %d %d", to, m, q, r);
			return -1;
		}
	} else {
		c_printf(c, "MAIL FROM:<%s>\r\n", from);
		if ((r = smtp_reply(c)) != 250) {
			complain("MAIL: %d", r);
			return -1;
		}
		c_printf(c, "RCPT TO:<%s>\r\n", to);
		if ((r = smtp_reply(c)) != 250) {
			complain("RCPT %s: %d", to, r);
			return -1;
		}
		c_printf(c, "DATA\r\n");
		if ((r = smtp_reply(c)) != 354) {
			complain("DATA: %d", r);
			return -1;
		}
	}
	if (write_message(c, from, to, id, ".\r\n") < 0) {
		complain("DATA: connection lost");
		return -1;
	}
	*dot = now();
	if ((r = smtp_reply(c)) != 250) {
		complain("end of DATA: %d", r);
		return -1;
	}
	n_bytes += body_len;
	return 0;
}

static void smtp_session(struct conn *c)
{
	char to[512];
	static long id;

	while (more()) {
		double t0 = now(), dot;
		long sender = pick_user(c);
		int k = 0;

		if (smtp_open(c, sender) == 0)
			do {
				double t1 = k ? now() : t0;
				if (n_rcpts)
					snprintf(to, sizeof to, "%s",
						 rcpts[rnd() % n_rcpts]);
				else if (o.rcpt)
					expand(to, sizeof to, o.rcpt, id);
				else
					expand(to, sizeof to, o.user, o.auth ?
					       o.first + (long)(rnd() % (unsigned)o.count) :
					       (k ? pick_user(c) : sender));
				if (smtp_send(c, sender, to, ++id, &dot) < 0)
					break;
				ok();
				add(&lat_a, now() - t1);
				add(&lat_b, now() - dot);
				k++;
			} while (k < o.per_conn && more());
		if (c->fd >= 0 && !c->peer_eof) {
			c_printf(c, "QUIT\r\n");
			smtp_reply(c);
		}
		c_close(c);
		if (!k)
			nap(c->co, 0.1);
	}
}

/* ------------------------------------------------------------------- POP3 */

static char *pop_reply(struct conn *c)
{
	char *s = c_line(c, NULL);
	return s && *s == '+' ? s : NULL;
}

static long pop_multiline(struct conn *c)
{
	long lines = 0;
	size_t n;

	for (;;) {
		char *s = c_line(c, &n);
		if (!s)
			return -1;
		if (n == 1 && *s == '.')
			return lines;
		lines++;
		n_bytes += n + 2;
	}
}

/* Logs in; the number of messages goes to *n when it is wanted. */
static int pop_open(struct conn *c, long user, int *n)
{
	char u[256], p[256], b[1024], *s;

	if (c_connect(c, o.host, o.port) < 0)
		return -1;
	if (o.tls == TLS_IMPLICIT && c_tls(c) < 0)
		return -1;
	if (!pop_reply(c)) {
		complain("pop3 banner");
		return -1;
	}
	if (o.tls == TLS_START) {
		c_printf(c, "STLS\r\n");
		if (!pop_reply(c) || c_tls(c) < 0)
			return -1;
	}
	plain_response(b, expand(u, sizeof u, o.user, user),
		       expand(p, sizeof p, o.pass, user));
	c_printf(c, "AUTH PLAIN %s\r\n", b);
	if (!pop_reply(c)) {
		complain("pop3 login %s refused", u);
		return -1;
	}
	if (n) {
		c_printf(c, "STAT\r\n");
		if (!(s = pop_reply(c)) || sscanf(s, "+OK %d", n) != 1) {
			complain("STAT");
			return -1;
		}
	}
	return 0;
}

/* How many messages a mailbox holds, asked in a session of its own, as a POP3
 * maildrop does not change while it is open. */
static int pop_count(struct conn *c, long user)
{
	int n = -1;

	if (pop_open(c, user, &n) == 0) {
		c_printf(c, "QUIT\r\n");
		pop_reply(c);
	}
	c_close(c);
	return n;
}

static int pop_session_once(struct conn *c, long user, double t0)
{
	bool retr = strcmp(o.op, "auth");
	int n = 0;

	if (pop_open(c, user, NULL) < 0)
		return -1;
	add(&lat_a, now() - t0);
	if (retr) {
		char *s;
		c_printf(c, "STAT\r\n");
		if (!(s = pop_reply(c)) || sscanf(s, "+OK %d", &n) != 1) {
			complain("STAT");
			return -1;
		}
		c_printf(c, "UIDL\r\n");
		if (!pop_reply(c) || pop_multiline(c) != n) {
			complain("UIDL");
			return -1;
		}
		for (int i = 1; i <= n; i++) {
			c_printf(c, "RETR %d\r\n", i);
			if (!pop_reply(c) || pop_multiline(c) < 0) {
				complain("RETR %d", i);
				return -1;
			}
			n_msgs++;
		}
	}
	c_printf(c, "QUIT\r\n");
	if (!pop_reply(c)) {
		complain("QUIT");
		return -1;
	}
	return 0;
}

static void pop_session(struct conn *c)
{
	while (more()) {
		double t0 = now();
		int r = pop_session_once(c, pick_user(c), t0);
		c_close(c);
		if (r == 0) {
			ok();
			add(&lat_b, now() - t0);
		} else {
			nap(c->co, 0.1);
		}
	}
}

/* ------------------------------------------------------------------- IMAP */

/* Reads one whole response, literals skipped; its first line's start stays in
 * head.  Returns 0 for untagged, 1 for tagged, 2 for a continuation. */
static int imap_response(struct conn *c, char *head, size_t size)
{
	size_t n;
	bool first = true;
	int kind = 0;

	for (;;) {
		char *s = c_line(c, &n);
		if (!s)
			return -1;
		if (first) {
			snprintf(head, size, "%.*s", (int)(n < 200 ? n : 200), s);
			if (*s == '*')
				kind = 0;
			else if (*s == '+')
				kind = 2;
			else
				kind = 1;
			if (!kind) {
				char *e;
				long v = strtol(s + 2, &e, 10);
				if (e > s + 2 && !strncmp(e, " EXISTS", 7))
					c->exists = v;
				else if (e > s + 2 && !strncmp(e, " FETCH", 6))
					c->fetched++;
				else if (!strncmp(s, "* STATUS", 8)) {
					char *m = strstr(s, "(MESSAGES ");
					if (m)
						c->status_msgs = atol(m + 10);
				}
			}
			first = false;
		}
		n_bytes += n + 2;
		if (!n || s[n - 1] != '}')
			return kind;
		char *b = strrchr(s, '{');
		if (!b)
			return kind;
		size_t lit = (size_t)strtoul(b + 1, NULL, 10);
		n_bytes += lit;
		if (c_skip(c, lit) < 0)
			return -1;
	}
}

static int imap_finish(struct conn *c)
{
	char head[256];

	for (;;) {
		int k = imap_response(c, head, sizeof head);
		if (k < 0)
			return -1;
		if (k == 1) {
			char *sp = strchr(head, ' ');
			if (sp && !strncmp(sp, " OK", 3))
				return 0;
			complain("imap: %s", head);
			return 1;
		}
	}
}

static int imap_cmd(struct conn *c, const char *fmt, ...)
{
	char buf[1024];
	va_list ap;

	int k = snprintf(buf, sizeof buf, "a%u ", ++c->tag);
	va_start(ap, fmt);
	int n = vsnprintf(buf + k, sizeof buf - (size_t)k - 2, fmt, ap);
	va_end(ap);
	memcpy(buf + k + n, "\r\n", 2);
	if (c_write(c, buf, (size_t)(k + n + 2)) < 0)
		return -1;
	return imap_finish(c);
}

static int imap_login(struct conn *c, const char *host, int port, enum tls tls, long user)
{
	char u[256], p[256], head[256];

	if (c_connect(c, host, port) < 0)
		return -1;
	if (tls == TLS_IMPLICIT && c_tls(c) < 0)
		return -1;
	if (imap_response(c, head, sizeof head) != 0) {
		complain("imap banner");
		return -1;
	}
	if (tls == TLS_START && (imap_cmd(c, "STARTTLS") || c_tls(c) < 0))
		return -1;
	if (imap_cmd(c, "LOGIN %s %s", expand(u, sizeof u, o.user, user),
		     expand(p, sizeof p, o.pass, user))) {
		complain("imap login %s", u);
		return -1;
	}
	return 0;
}

static int imap_append(struct conn *c, const char *mbox, long id, const char *to)
{
	char head[1024];
	int h = make_head(head, sizeof head, o.from, to, id);

	c_printf(c, "a%u APPEND %s (\\Seen) {%zu}\r\n", ++c->tag, mbox,
		 (size_t)h + body_len);
	int k;
	while ((k = imap_response(c, head, 256)) == 0)
		;
	if (k != 2) {
		complain("APPEND: %s", head);
		return -1;
	}
	if (write_message(c, o.from, to, id, "\r\n") < 0)
		return -1;
	return imap_finish(c);
}

/* Ops that log in for every round. */
static int imap_round(struct conn *c, double t0)
{
	long user = pick_user(c);

	if (imap_login(c, o.host, o.port, o.tls, user) < 0)
		return -1;
	add(&lat_a, now() - t0);
	if (!strcmp(o.op, "flags") || !strcmp(o.op, "bodies")) {
		if (imap_cmd(c, "SELECT %s", o.mbox))
			return -1;
		c->fetched = 0;
		if (imap_cmd(c, !strcmp(o.op, "flags") ?
			     "FETCH 1:* (UID FLAGS)" : "FETCH 1:* (UID BODY.PEEK[])"))
			return -1;
		if (c->fetched < c->exists) {
			complain("fetched %ld of %ld", c->fetched, c->exists);
			return -1;
		}
		n_msgs += c->fetched;
	}
	imap_cmd(c, "LOGOUT");
	return 0;
}

static void imap_rounds(struct conn *c)
{
	while (more()) {
		double t0 = now();
		int r = imap_round(c, t0);
		c_close(c);
		if (r == 0) {
			ok();
			add(&lat_b, now() - t0);
		} else {
			nap(c->co, 0.1);
		}
	}
}

/* Ops that stay on one connection. */
static void imap_stay(struct conn *c)
{
	char u[256];
	long user = pick_user(c), id = (long)c->co->id << 24;
	bool store = !strcmp(o.op, "store"), append = !strcmp(o.op, "append");
	bool body_search = !strcmp(o.op, "search-body");
	bool noop = !strcmp(o.op, "noop");
	static const char *hits[] = {
		"SEARCH UNSEEN SUBJECT \"topic-3 \"", "SEARCH FROM \"nobody\"",
		"SEARCH FLAGGED", "SEARCH SUBJECT \"message 77\"",
		"UID SEARCH SINCE 1-Jan-2020 UNDELETED" };

	expand(u, sizeof u, o.user, user);
	if (imap_login(c, o.host, o.port, o.tls, user) < 0)
		return;
	if (append && strcasecmp(o.mbox, "INBOX")) {
		long e = n_err;			/* it may be there already */
		imap_cmd(c, "CREATE %s", o.mbox);
		n_err = e;
	}
	if (!append && imap_cmd(c, "SELECT %s", o.mbox))
		return;
	while (more()) {
		double t0 = now();
		int r;
		id++;
		if (store && c->exists) {
			r = imap_cmd(c, "STORE %ld %cFLAGS (\\Flagged)",
				     (long)(rnd() % (unsigned)c->exists) + 1,
				     id & 1 ? '+' : '-');
		} else if (append) {
			r = imap_append(c, o.mbox, id, u);
		} else if (body_search) {
			r = imap_cmd(c, "SEARCH BODY \"zq%ldv\"", id % 1000);
		} else if (noop) {
			r = imap_cmd(c, "NOOP");
		} else {
			r = imap_cmd(c, "%s", hits[id % 5]);
		}
		if (r)
			break;
		ok();
		add(&lat_a, now() - t0);
	}
	imap_cmd(c, "LOGOUT");
	c_close(c);
}

/* Fills one mailbox: ops messages appended, then copied until it has
 * ops * copies. */
static void imap_fill(struct conn *c)
{
	char u[256];
	long user = pick_user(c);

	expand(u, sizeof u, o.user, user);
	if (imap_login(c, o.host, o.port, o.tls, user) < 0)
		return;
	if (strcasecmp(o.mbox, "INBOX") && imap_cmd(c, "CREATE %s", o.mbox))
		return;
	for (long i = 1; i <= o.ops; i++) {
		if (imap_append(c, o.mbox, i, u))
			return;
		ok();
	}
	if (o.copies > 1) {
		if (imap_cmd(c, "SELECT %s", o.mbox))
			return;
		for (int k = 1; k < o.copies; k++)
			if (imap_cmd(c, "COPY 1:%ld %s", o.ops, o.mbox))
				return;
		imap_cmd(c, "NOOP");
		n_ok = c->exists;
	}
	imap_cmd(c, "LOGOUT");
	c_close(c);
}

/* --------------------------------------------- held connections and counts */

static int hold_ready, hold_failed;

static void announce(const char *what)
{
	printf("%s\n", what);
	fflush(stdout);
}

static void announce_ready(void)
{
	char msg[64];

	snprintf(msg, sizeof msg, "ready %d %d", hold_ready, hold_failed);
	announce(msg);
}

static void hold_session(struct conn *c)
{
	char head[256];
	bool idle = !strcmp(o.op, "idle");
	long user = o.first + c->co->id % o.count;

	while (opening >= o.limit)
		nap(c->co, 0.002 + 0.001 * (c->co->id % 50));
	opening++;
	int r = !strcmp(o.proto, "pop3") ? pop_open(c, user, NULL) :
		!strcmp(o.proto, "smtp") ? smtp_open(c, user) :
		imap_login(c, o.host, o.port, o.tls, user);
	if (r == 0 && idle && !strcmp(o.proto, "imap") && !o.no_select) {
		r = imap_cmd(c, "SELECT %s", o.mbox);
		if (r == 0) {
			c_printf(c, "a%u IDLE\r\n", ++c->tag);
			int k;
			while ((k = imap_response(c, head, sizeof head)) == 0)
				;
			if (k != 2)
				r = -1;
		}
	}
	opening--;
	if (r)
		hold_failed++;
	else
		hold_ready++;
	if (hold_ready + hold_failed == o.sessions)
		announce_ready();
	if (r) {
		c_close(c);
		return;
	}
	if (idle) {
		o.timeout_s = 86400;
		size_t n;
		while (c_line(c, &n))
			;
		complain("held connection lost: %s", head);
		c_close(c);
	}
}

/* count: connections stay (with POP3, each session asks for its share of the
 * mailboxes, in a connection of its own each); each line on stdin asks for one pass of STATUS over
 * every mailbox, and is answered by the total. */
static int passes_left, pass_no;
static long pass_total;

static void count_session(struct conn *c)
{
	int seen = 0;
	bool pop = !strcmp(o.proto, "pop3");

	if (pop) {
		if (++hold_ready == o.sessions)
			announce_ready();
	} else {
		hold_session(c);
		if (c->fd < 0)
			return;
	}
	for (;;) {
		while (pass_no == seen)
			yield(c->co);
		seen = pass_no;
		c->status_msgs = 0;
		if (pop) {
			for (int i = c->co->id; i < o.count; i += o.sessions)
				c->status_msgs += pop_count(c, o.first + i);
		} else if (imap_cmd(c, "STATUS %s (MESSAGES)", o.mbox)) {
			complain("STATUS failed");
		}
		pass_total += c->status_msgs;
		if (--passes_left == 0) {
			char msg[64];
			snprintf(msg, sizeof msg, "total %ld", pass_total);
			announce(msg);
		}
	}
}

static void stdin_session(struct conn *c)
{
	char line[64];
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

	c->fd = 0;
	epoll_ctl(ep, EPOLL_CTL_ADD, 0, &ev);
	for (;;) {
		c->ready = 0;
		c->want = EPOLLIN;
		yield(c->co);
		if (!(c->ready & EPOLLIN))
			continue;
		if (read(0, line, sizeof line) <= 0)
			exit(0);
		if (!strcmp(o.mode, "count")) {
			pass_total = 0;
			passes_left = hold_ready;
			pass_no++;
			for (int i = 0; i < n_all; i++)
				if (all[i] != c->co && !all[i]->done)
					enqueue(all[i]);
		}
	}
}

/* ---------------------------------------------------------------- latency */

static double sink_at, sink_first, sink_first_mail;
static long sink_seen, sink_sessions;

/* A remote server's side of a connection, until the other side has left it. */
static void sink_dialogue(struct conn *c)
{
	bool in_data = false;
	size_t n;

	sink_sessions++;
	c_printf(c, "220 sink.remote.test ESMTP\r\n");
	for (;;) {
		char *s = c_line(c, &n);
		if (!s)
			break;
		if (in_data) {
			if (n == 1 && *s == '.') {
				sink_at = now();
				if (!sink_seen++)
					sink_first = sink_at;
				in_data = false;
				c_printf(c, "250 2.0.0 taken\r\n");
			}
		} else if (!strncasecmp(s, "DATA", 4)) {
			in_data = true;
			c_printf(c, "354 go on\r\n");
		} else if (!strncasecmp(s, "MAIL", 4)) {
			if (!sink_first_mail)
				sink_first_mail = now();
			c_printf(c, "250 2.1.0 ok\r\n");
		} else if (!strncasecmp(s, "EHLO", 4)) {
			c_printf(c, "250-sink.remote.test\r\n250-PIPELINING\r\n"
				 "250-8BITMIME\r\n250 SIZE 100000000\r\n");
		} else if (!strncasecmp(s, "QUIT", 4)) {
			c_printf(c, "221 2.0.0 bye\r\n");
			break;
		} else {
			c_printf(c, "250 2.0.0 ok\r\n");
		}
	}
}

/* One connection to the built-in sink, which stands for a remote server. */
static void sink_session(struct conn *c)
{
	attach(c);
	sink_dialogue(c);
	c_close(c);
}

static void sink_listener(struct conn *c)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)o.sink_port) };
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
	int one = 1, fd;

	inet_pton(AF_INET, "127.0.0.1", &sa.sin_addr);
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(c->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(c->fd, (struct sockaddr *)&sa, sizeof sa) || listen(c->fd, 512)) {
		perror("sink");
		exit(1);
	}
	epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev);
	for (;;) {
		c->ready = 0;
		c->want = EPOLLIN;
		yield(c->co);
		while ((fd = accept4(c->fd, NULL, NULL,
				     SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
			spawn(sink_session, 0, true)->conn.fd = fd;
	}
}

/* One message at a time: from the final dot to the moment when the message is
 * seen in the mailbox, or by the built-in sink. */
static void lat_session(struct conn *c)
{
	char to[256], head[256];
	bool sink = !strcmp(o.via, "sink"), idle = !strcmp(o.via, "idle");
	bool pop = !strcmp(o.via, "pop3");
	struct conn watch = { .co = c->co, .fd = -1 };
	long user = o.first;

	if (smtp_open(c, user) < 0)
		return;
	struct conn box = { .co = c->co, .fd = -1 };
	int pop_smtp_port = o.port;
	if (pop) {
		o.port = o.imap_port;
		watch.exists = pop_count(&box, user);
		o.port = pop_smtp_port;
	}
	if (!sink && !pop) {
		if (imap_login(&watch, o.host, o.imap_port, o.imap_tls, user) < 0 ||
		    imap_cmd(&watch, "SELECT INBOX"))
			return;
		if (idle) {
			c_printf(&watch, "a%u IDLE\r\n", ++watch.tag);
			while (imap_response(&watch, head, sizeof head) == 0)
				;
		}
	}
	for (long i = 1; more(); i++) {
		double dot, seen = 0, give_up;
		long before = sink ? sink_seen : watch.exists;

		if (sink)
			snprintf(to, sizeof to, "lat%ld@remote.test", i);
		else
			expand(to, sizeof to, o.user, user);
		if (smtp_send(c, user, to, i, &dot) < 0)
			return;
		add(&lat_b, now() - dot);
		give_up = now() + 20;
		if (sink) {
			while (sink_seen == before && now() < give_up)
				nap(c->co, 0.001);
			if (sink_seen != before)
				seen = sink_at;
		} else {
			while (watch.exists <= before && now() < give_up) {
				if (pop) {
					o.port = o.imap_port;
					watch.exists = pop_count(&box, user);
					o.port = pop_smtp_port;
					continue;
				}
				if (idle) {
					if (imap_response(&watch, head, sizeof head) < 0)
						return;
					continue;
				}
				if (imap_cmd(&watch, "NOOP"))
					return;
				if (watch.exists <= before)
					nap(c->co, o.poll_ms / 1000.0);
			}
			if (watch.exists > before)
				seen = now();
		}
		if (!seen) {
			complain("message %ld did not arrive in 20 s", i);
			continue;
		}
		add(&lat_a, seen - dot);
		ok();
		nap(c->co, o.gap_ms / 1000.0);
	}
	c_printf(c, "QUIT\r\n");
	c_close(c);
	c_close(&watch);
}

/* ------------------------------------------- a host that was away for a time */

static double asked_at;

/* Counts messages at the built-in sink until all have come. */
static void sink_wait(struct conn *c)
{
	while (sink_seen < o.ops && now() < t_deadline)
		nap(c->co, 0.01);
}

/* Logs in, asks for the mail of a domain (RFC 2645) and takes it on the same
 * connection. */
static void atrn_session(struct conn *c)
{
	int r;

	if (smtp_open(c, o.first) < 0)
		return;
	asked_at = now();
	c_printf(c, "ATRN %s\r\n", o.node);
	if ((r = smtp_reply(c)) != 250) {
		complain("ATRN %s: %d", o.node, r);
		return;
	}
	sink_dialogue(c);
	c_close(c);
}

/* Moments of CLOCK_MONOTONIC, in seconds. */
static void print_sink(void)
{
	n_ok = sink_seen;
	printf("{\"ok\":%ld,\"err\":%ld,\"sessions\":%ld,\"asked\":%.6f,"
	       "\"first_mail\":%.6f,\"first\":%.6f,\"last\":%.6f", n_ok, n_err,
	       sink_sessions, asked_at, sink_first_mail, sink_first, sink_at);
}

/* ------------------------------------------------------------------- main */

static void usage(void)
{
	fputs("usage: mailload MODE [options]\n"
"modes: smtp; pop3 (--op auth|retr); lat (--via noop|idle|sink|pop3)\n"
"       sink (takes -n messages on --sink-port); atrn (--node DOMAIN --auth)\n"
"       imap --op auth|flags|bodies|append|search|search-body|store|noop|fill\n"
"       (--proto imap|pop3|smtp) hold (--op idle|login); count (one pass for each stdin line)\n"
"  -H HOST -P PORT -c SESSIONS -d SECONDS -n OPS -s SIZE -k MESSAGES/CONNECTION\n"
"  --tls none|starttls|tls   --user FMT --pass FMT (%n number, %d domain)\n"
"  --domains D --first I --count N --pick seq|random|fixed\n"
"  --from ADDR --rcpt FMT --rcpt-file FILE --auth --pipeline\n"
"  --mbox NAME --copies N --limit N --no-select --timeout S --seed N\n"
"  --imap-port P --imap-tls none|tls --sink-port P --poll-ms N --gap-ms N --node DOMAIN\n",
	      stderr);
	exit(2);
}

static enum tls tls_arg(const char *s)
{
	return !strcmp(s, "none") ? TLS_NONE : !strcmp(s, "starttls") ? TLS_START :
	       !strcmp(s, "tls") ? TLS_IMPLICIT : (usage(), TLS_NONE);
}

enum { O_TLS = 256, O_USER, O_PASS, O_DOMAINS, O_FIRST, O_COUNT, O_PICK, O_FROM,
       O_RCPT, O_RCPTF, O_AUTH, O_PIPE, O_MBOX, O_LIMIT, O_NOSEL, O_TIMEOUT,
       O_SEED, O_IMAPP, O_IMAPT, O_SINKP, O_POLL, O_GAP, O_OP, O_VIA, O_COPIES, O_PROTO,
       O_NODE };

static const struct option longs[] = {
	{ "tls", 1, 0, O_TLS }, { "user", 1, 0, O_USER }, { "pass", 1, 0, O_PASS },
	{ "domains", 1, 0, O_DOMAINS }, { "first", 1, 0, O_FIRST },
	{ "count", 1, 0, O_COUNT }, { "pick", 1, 0, O_PICK },
	{ "from", 1, 0, O_FROM }, { "rcpt", 1, 0, O_RCPT },
	{ "rcpt-file", 1, 0, O_RCPTF }, { "auth", 0, 0, O_AUTH },
	{ "pipeline", 0, 0, O_PIPE }, { "mbox", 1, 0, O_MBOX },
	{ "limit", 1, 0, O_LIMIT }, { "no-select", 0, 0, O_NOSEL },
	{ "timeout", 1, 0, O_TIMEOUT }, { "seed", 1, 0, O_SEED },
	{ "imap-port", 1, 0, O_IMAPP }, { "imap-tls", 1, 0, O_IMAPT },
	{ "sink-port", 1, 0, O_SINKP }, { "poll-ms", 1, 0, O_POLL },
	{ "gap-ms", 1, 0, O_GAP }, { "op", 1, 0, O_OP }, { "via", 1, 0, O_VIA },
	{ "copies", 1, 0, O_COPIES }, { "proto", 1, 0, O_PROTO },
	{ "node", 1, 0, O_NODE }, { 0, 0, 0, 0 } };

int main(int argc, char **argv)
{
	int ch;

	if (argc < 2)
		usage();
	o.mode = argv[1];
	optind = 2;
	while ((ch = getopt_long(argc, argv, "H:P:c:d:n:s:k:", longs, NULL)) != -1)
		switch (ch) {
		case 'H': o.host = optarg; break;
		case 'P': o.port = atoi(optarg); break;
		case 'c': o.sessions = atoi(optarg); break;
		case 'd': o.secs = atof(optarg); break;
		case 'n': o.ops = atol(optarg); break;
		case 's': o.size = (size_t)atol(optarg); break;
		case 'k': o.per_conn = atoi(optarg); break;
		case O_TLS: o.tls = tls_arg(optarg); break;
		case O_USER: o.user = optarg; break;
		case O_PASS: o.pass = optarg; break;
		case O_DOMAINS: o.domains = atoi(optarg); break;
		case O_FIRST: o.first = atoi(optarg); break;
		case O_COUNT: o.count = atoi(optarg); break;
		case O_PICK:
			o.pick = !strcmp(optarg, "random") ? PICK_RANDOM :
				 !strcmp(optarg, "fixed") ? PICK_FIXED : PICK_SEQ;
			break;
		case O_FROM: o.from = optarg; break;
		case O_RCPT: o.rcpt = optarg; break;
		case O_RCPTF: o.rcpt_file = optarg; break;
		case O_AUTH: o.auth = true; break;
		case O_PIPE: o.pipeline = true; break;
		case O_MBOX: o.mbox = optarg; break;
		case O_LIMIT: o.limit = atoi(optarg); break;
		case O_NOSEL: o.no_select = true; break;
		case O_TIMEOUT: o.timeout_s = atoi(optarg); break;
		case O_SEED: o.seed = (unsigned)atoi(optarg); break;
		case O_IMAPP: o.imap_port = atoi(optarg); break;
		case O_IMAPT: o.imap_tls = tls_arg(optarg); break;
		case O_SINKP: o.sink_port = atoi(optarg); break;
		case O_POLL: o.poll_ms = atoi(optarg); break;
		case O_GAP: o.gap_ms = atoi(optarg); break;
		case O_OP: o.op = optarg; break;
		case O_VIA: o.via = optarg; break;
		case O_COPIES: o.copies = atoi(optarg); break;
		case O_PROTO: o.proto = optarg; break;
		case O_NODE: o.node = optarg; break;
		default: usage();
		}
	if (o.secs <= 0 && o.ops <= 0)
		o.secs = 10;
	if (o.sessions < 1 || o.count < 1 || o.domains < 1)
		usage();
	signal(SIGPIPE, SIG_IGN);
	struct rlimit rl;
	getrlimit(RLIMIT_NOFILE, &rl);
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
	ep = epoll_create1(EPOLL_CLOEXEC);
	make_body();
	if (o.rcpt_file)
		load_rcpts();
#ifndef NO_TLS
	tls_ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_mode(tls_ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(tls_ctx, SSL_SESS_CACHE_OFF);
#endif

	void (*run)(struct conn *);
	bool held = false;
	if (!strcmp(o.mode, "smtp")) {
		run = smtp_session;
	} else if (!strcmp(o.mode, "pop3")) {
		run = pop_session;
	} else if (!strcmp(o.mode, "imap")) {
		if (!strcmp(o.op, "auth") || !strcmp(o.op, "flags") ||
		    !strcmp(o.op, "bodies"))
			run = imap_rounds;
		else if (!strcmp(o.op, "fill"))
			run = imap_fill;
		else
			run = imap_stay;
	} else if (!strcmp(o.mode, "hold")) {
		run = hold_session;
		held = true;
	} else if (!strcmp(o.mode, "count")) {
		run = count_session;
		held = true;
		o.op = "login";
	} else if (!strcmp(o.mode, "lat")) {
		run = lat_session;
		if (!strcmp(o.via, "sink"))
			spawn(sink_listener, 0, true);
	} else if (!strcmp(o.mode, "sink") && o.ops) {
		run = sink_wait;
		spawn(sink_listener, 0, true);
	} else if (!strcmp(o.mode, "atrn") && o.node) {
		run = atrn_session;
	} else {
		usage();
		return 2;
	}
	t_start = t_last_ok = now();
	t_deadline = t_start + o.secs;
	if (held)
		spawn(stdin_session, 0, true);
	for (int i = 0; i < o.sessions; i++)
		spawn(run, i, false);
	loop();

	struct rusage ru;
	getrusage(RUSAGE_SELF, &ru);
	double el = t_last_ok - t_start;
	if (run == sink_wait || run == atrn_session)
		print_sink();
	else
		printf("{\"ok\":%ld,\"err\":%ld,\"elapsed\":%.4f,\"rate\":%.2f", n_ok, n_err,
		       el, el > 0 ? (double)n_ok / el : 0);
	printf(",\"msgs\":%ld,\"msgs_rate\":%.2f,\"bytes\":%llu,\"mb_rate\":%.3f",
	       n_msgs, el > 0 ? (double)n_msgs / el : 0, (unsigned long long)n_bytes,
	       el > 0 ? (double)n_bytes / 1e6 / el : 0);
	print_series("a", &lat_a);
	print_series("b", &lat_b);
	printf(",\"gen_cpu\":%.3f}\n",
	       (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) +
	       (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6);
	return n_ok ? 0 : 1;
}
