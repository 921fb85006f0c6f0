#define _GNU_SOURCE
#include "http.h"
#include "tenant.h"
#include <stdlib.h>
#include <string.h>

enum { DATA = 0, HEADERS = 1, RST_STREAM = 3, SETTINGS = 4, GOAWAY = 7, WINDOW_UPDATE = 8 };
enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4, PADDED = 8 };

#define PATH "/.well-known/mta-sts.txt"
static const char PREFACE[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/* A literal field without indexing, its name from the static table (RFC 7541 section 6.2.2). */
static int literal(uint8_t *out, int name, const char *value) {
  int n = 0, length = (int)strlen(value);
  if (name < 15) out[n++] = (uint8_t)name;
  else {
    out[n++] = 15;
    out[n++] = (uint8_t)(name - 15);
  }
  out[n++] = (uint8_t)length;
  memcpy(out + n, value, length);
  return n + length;
}

/* :method GET, :scheme https, then :authority, :path, user-agent. */
static int header_block(uint8_t *out, const char *host) {
  int n = 0;
  out[n++] = 0x82;
  out[n++] = 0x87;
  n += literal(out + n, 1, host);
  n += literal(out + n, 4, PATH);
  return n + literal(out + n, 58, "bench/1");
}

void http_begin(struct http *h, enum http_kind kind, int streams, int tenant) {
  char host[TENANT_TEXT];
  tenant_host(host, tenant);
  h->kind = kind;
  h->streams = kind == HTTP2 ? streams : 1;
  h->next_stream = 1;
  h->in_length = h->settings_to_acknowledge = 0;
  h->policy_length = tenant_policy(h->policy, tenant);
  if (kind == HTTP2) h->request_length = header_block(h->request, host);
  else
    h->request_length =
        snprintf((char *)h->request, sizeof h->request,
                 "GET " PATH " HTTP/1.1\r\nHost: %.128s\r\nUser-Agent: bench/1\r\nAccept: */*\r\n%s\r\n", host,
                 kind == HTTP1_CLOSE ? "Connection: close\r\n" : "");
}

static int frame(uint8_t *out, int type, int flags, uint32_t stream, const void *payload, int length) {
  uint8_t head[9] = {(uint8_t)(length >> 16), (uint8_t)(length >> 8), (uint8_t)length, (uint8_t)type, (uint8_t)flags,
                     (uint8_t)(stream >> 24), (uint8_t)(stream >> 16), (uint8_t)(stream >> 8), (uint8_t)stream};
  memcpy(out, head, 9);
  memcpy(out + 9, payload, length);
  return 9 + length;
}

/* The window is opened as far as it goes, so that no answer of a run has to wait for it. */
int http_open(struct http *h, uint8_t *out) {
  int n = 0;
  if (h->kind == HTTP2) {
    memcpy(out, PREFACE, sizeof PREFACE - 1);
    n = sizeof PREFACE - 1;
    n += frame(out + n, SETTINGS, 0, 0, "", 0);
    n += frame(out + n, WINDOW_UPDATE, 0, 0, "\x7f\xff\0\0", 4);
  }
  return n + http_more(h, h->streams, out + n);
}

int http_more(struct http *h, int requests, uint8_t *out) {
  int n = 0;
  if (h->kind != HTTP2) {
    for (; requests > 0; requests--, n += h->request_length) memcpy(out + n, h->request, h->request_length);
    return n;
  }
  for (; h->settings_to_acknowledge > 0; h->settings_to_acknowledge--) n += frame(out + n, SETTINGS, ACK, 0, "", 0);
  for (; requests > 0; requests--, h->next_stream += 2)
    n += frame(out + n, HEADERS, END_STREAM | END_HEADERS, h->next_stream, h->request, h->request_length);
  return n;
}

/* One whole HTTP/1.1 answer at the front: its length, 0 if more must come, -1 if it is wrong. */
static int answer1(struct http *h) {
  uint8_t *end = memmem(h->in, h->in_length, "\r\n\r\n", 4);
  if (!end) return h->in_length > 4096 ? -1 : 0;
  end[2] = 0;
  char *size = strcasestr((char *)h->in, "\r\ncontent-length:");
  if (memcmp(h->in, "HTTP/1.1 200", 12) || !size || atoi(size + 17) != h->policy_length) return -1;
  int head = (int)(end - h->in) + 4;
  if (h->in_length < head + h->policy_length) {
    end[2] = '\r';
    return 0;
  }
  return memcmp(h->in + head, h->policy, h->policy_length) ? -1 : head + h->policy_length;
}

/* `:status 200` is one byte of the static table; a change of the dynamic table's size may come before it. */
static int is_200(const uint8_t *block, int length) {
  while (length > 0 && (*block & 0xe0) == 0x20) block++, length--;
  return length > 0 && *block == 0x88;
}

/* One whole HTTP/2 frame: 1 if it ends a right answer, 0 if it is only on the way, -1 if it is wrong. */
static int take_frame(struct http *h, int type, int flags, const uint8_t *payload, int length) {
  if (type == SETTINGS && !(flags & ACK)) h->settings_to_acknowledge++;
  if (type == HEADERS) return is_200(payload, length) && !(flags & END_STREAM) ? 0 : -1;
  if (type == DATA && length == 0) return flags & END_STREAM ? 1 : 0;
  if (type == DATA && (flags & PADDED || length != h->policy_length || memcmp(payload, h->policy, length))) return -1;
  if (type == RST_STREAM || type == GOAWAY) return -1;
  return type == DATA && flags & END_STREAM ? 1 : 0;
}

static int answer2(struct http *h, int *done) {
  const uint8_t *p = h->in;
  if (h->in_length < 9) return 0;
  int length = p[0] << 16 | p[1] << 8 | p[2];
  if (9 + length > (int)sizeof h->in) return -1;
  if (h->in_length < 9 + length) return 0;
  *done = take_frame(h, p[3], p[4], p + 9, length);
  return *done < 0 ? -1 : 9 + length;
}

int http_take(struct http *h, const uint8_t *data, int length) {
  int right = 0;
  if (h->in_length + length > (int)sizeof h->in - 1) return -1;
  memcpy(h->in + h->in_length, data, length);
  h->in_length += length;
  h->in[h->in_length] = 0;
  for (;;) {
    int done = 1, used = h->kind == HTTP2 ? answer2(h, &done) : answer1(h);
    if (used < 0) return -1;
    if (used == 0) return right;
    right += done;
    h->in_length -= used;
    memmove(h->in, h->in + used, h->in_length + 1);
  }
}
