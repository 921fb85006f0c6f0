/*
 * A TLS 1.3 client (RFC 8446) for load only. It checks the AEAD tags and nothing else: no certificate, no
 * signature, no Finished of the server, and one key pair serves every connection. What is left out is work that
 * would cost the client more than the server and so hide the server's limit. Never use it for anything else.
 */
#pragma once
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stddef.h>
#include <stdint.h>

enum tls_state { TLS_HELLO, TLS_HANDSHAKE, TLS_OPEN };

struct tls_digest {
  int sha384;
  SHA256_CTX small;
  SHA512_CTX large;
};

struct tls_way {
  uint8_t key[32], iv[12];
  uint64_t sequence;
};

struct tls {
  enum tls_state state;
  int sha384, tickets, suite;
  struct tls_digest transcript;
  struct tls_way in, out;
  uint8_t client_secret[48], server_secret[48], next_salt[48];
  uint8_t hello[768];
  int hello_length;
  uint8_t messages[20480];
  int messages_length;
  EVP_CIPHER_CTX *seal, *open;
};

/* What became of one record. */
enum tls_event { TLS_FAILED = -1, TLS_NOTHING, TLS_DONE, TLS_DATA, TLS_CLOSED };

/* Once per process. */
void tls_init(void);
/* Once per connection slot. */
void tls_alloc(struct tls *);
/* A new connection: makes the ClientHello record in `hello`. */
void tls_begin(struct tls *, const char *host, const char *alpn);
/*
 * Takes one whole record. At TLS_DONE the handshake is complete and `reply` holds the client's last flight; at
 * TLS_DATA `plain` holds application data. Both need room for 16 KiB.
 */
enum tls_event tls_record(struct tls *, uint8_t *record, int length, uint8_t *plain, int *plain_length,
                          uint8_t *reply, int *reply_length);
/* Seals application data as one record and gives its length: at most 16 KiB in, 22 bytes more out. */
int tls_seal(struct tls *, uint8_t type, const uint8_t *data, int length, uint8_t *out);
