/* Requests for a tenant's policy and the strictest possible look at the answers, over HTTP/1.1 and HTTP/2. */
#pragma once
#include <stdint.h>

enum http_kind { HTTP1_CLOSE, HTTP1_KEPT, HTTP2 };

struct http {
  enum http_kind kind;
  int streams;           /* requests under way at once, HTTP/2 only */
  uint32_t next_stream;
  uint8_t request[512];  /* HTTP/1.1 request, or HTTP/2 header block */
  int request_length;
  char policy[512];      /* what the body must be, byte for byte */
  int policy_length;
  uint8_t in[32768];
  int in_length;
  int settings_to_acknowledge;
};

void http_begin(struct http *, enum http_kind, int streams, int tenant);
/* Writes the opening of a connection and the first requests; gives the length. */
int http_open(struct http *, uint8_t *out);
/* Writes so many further requests, and what else is owed to the server; gives the length. */
int http_more(struct http *, int requests, uint8_t *out);
/* Takes what came; gives how many right answers it completed, or -1 at the first wrong one. */
int http_take(struct http *, const uint8_t *data, int length);
