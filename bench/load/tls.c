#define OPENSSL_SUPPRESS_DEPRECATED
#include "tls.h"
#include <string.h>

enum { CCS = 20, ALERT = 21, HANDSHAKE = 22, DATA = 23 };
enum { SERVER_HELLO = 2, NEW_SESSION_TICKET = 4, FINISHED = 20 };
enum { AES_128_GCM_SHA256 = 0x1301, AES_256_GCM_SHA384 = 0x1302 };

static EVP_PKEY_CTX *own_key;
static uint8_t own_share[32];
static uint8_t empty_hash[2][48], early_salt[2][48];
static EVP_CIPHER *gcm[2];

/* Hashes, by the low-level calls: the EVP ones cost several times as much on inputs this short. */

static int width(int sha384) { return sha384 ? 48 : 32; }

static void digest_init(struct tls_digest *d, int sha384) {
  d->sha384 = sha384;
  if (sha384) SHA384_Init(&d->large);
  else SHA256_Init(&d->small);
}

static void digest_add(struct tls_digest *d, const void *data, size_t length) {
  if (d->sha384) SHA384_Update(&d->large, data, length);
  else SHA256_Update(&d->small, data, length);
}

static void digest_end(struct tls_digest d, uint8_t *out) {
  if (d.sha384) SHA384_Final(out, &d.large);
  else SHA256_Final(out, &d.small);
}

static void hmac(int sha384, const uint8_t *key, const uint8_t *data, int length, uint8_t *out) {
  int block = sha384 ? 128 : 64, n = width(sha384);
  uint8_t pad[128], inner[48];
  struct tls_digest d;
  for (int i = 0; i < block; i++) pad[i] = 0x36 ^ (i < n ? key[i] : 0);
  digest_init(&d, sha384);
  digest_add(&d, pad, block);
  digest_add(&d, data, length);
  digest_end(d, inner);
  for (int i = 0; i < block; i++) pad[i] ^= 0x36 ^ 0x5c;
  digest_init(&d, sha384);
  digest_add(&d, pad, block);
  digest_add(&d, inner, n);
  digest_end(d, out);
}

/* HKDF-Expand-Label (RFC 8446 section 7.1) of at most one hash's length. */
static void expand(int sha384, const uint8_t *secret, const char *label, const uint8_t *context, int context_length,
                   uint8_t *out, int length) {
  uint8_t info[128], block[48];
  int n = 0, l = (int)strlen(label);
  info[n++] = 0;
  info[n++] = (uint8_t)length;
  info[n++] = (uint8_t)(l + 6);
  memcpy(info + n, "tls13 ", 6);
  memcpy(info + n + 6, label, l);
  n += 6 + l;
  info[n++] = (uint8_t)context_length;
  memcpy(info + n, context, context_length);
  n += context_length;
  info[n++] = 1;
  hmac(sha384, secret, info, n, block);
  memcpy(out, block, length);
}

static void way_init(struct tls_way *way, int sha384, const uint8_t *secret) {
  expand(sha384, secret, "key", NULL, 0, way->key, sha384 ? 32 : 16);
  expand(sha384, secret, "iv", NULL, 0, way->iv, 12);
  way->sequence = 0;
}

void tls_init(void) {
  size_t length = sizeof own_share;
  EVP_PKEY *pair = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
  EVP_PKEY_get_raw_public_key(pair, own_share, &length);
  own_key = EVP_PKEY_CTX_new(pair, NULL);
  gcm[0] = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
  gcm[1] = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
  for (int k = 0; k < 2; k++) {
    uint8_t zero[48] = {0}, early[48];
    struct tls_digest d;
    digest_init(&d, k);
    digest_end(d, empty_hash[k]);
    hmac(k, zero, zero, width(k), early);
    expand(k, early, "derived", empty_hash[k], width(k), early_salt[k], width(k));
  }
}

void tls_alloc(struct tls *t) {
  t->seal = EVP_CIPHER_CTX_new();
  t->open = EVP_CIPHER_CTX_new();
}

/* ClientHello */

static uint8_t *put16(uint8_t *p, int value) {
  *p++ = (uint8_t)(value >> 8);
  *p++ = (uint8_t)value;
  return p;
}

static uint8_t *put(uint8_t *p, const void *data, size_t length) {
  memcpy(p, data, length);
  return p + length;
}

static uint8_t *extension(uint8_t *p, int type, const void *data, int length) {
  return put(put16(put16(p, type), length), data, length);
}

static uint8_t *server_name(uint8_t *p, const char *host) {
  int length = (int)strlen(host);
  p = put16(put16(put16(p, 0), length + 5), length + 3);
  *p++ = 0;
  return put(put16(p, length), host, length);
}

static uint8_t *protocol(uint8_t *p, const char *alpn) {
  int length = (int)strlen(alpn);
  p = put16(put16(put16(p, 16), length + 3), length + 1);
  *p++ = (uint8_t)length;
  return put(p, alpn, length);
}

static uint8_t *key_share(uint8_t *p) {
  p = put(put16(put16(p, 51), 38), "\0\x24\0\x1d\0\x20", 6);
  return put(p, own_share, sizeof own_share);
}

/* What OpenSSL's client offers, in its order: AES-256 first, X25519 then P-256, tickets welcome. */
static uint8_t *extensions(uint8_t *p, const char *host, const char *alpn) {
  p = server_name(p, host);
  p = extension(p, 10, "\0\x04\0\x1d\0\x17", 6);
  p = extension(p, 35, "", 0);
  p = protocol(p, alpn);
  p = extension(p, 13, "\0\x10\x04\x03\x05\x03\x08\x07\x08\x04\x08\x05\x08\x06\x04\x01\x05\x01", 18);
  p = extension(p, 43, "\x02\x03\x04", 3);
  p = extension(p, 45, "\x01\x01", 2);
  return key_share(p);
}

void tls_begin(struct tls *t, const char *host, const char *alpn) {
  static uint64_t counter;
  uint8_t *record = t->hello, *p = record + 9;
  counter++;
  p = put16(p, 0x0303);
  memset(p, 0x5a, 65);
  memcpy(p, &counter, sizeof counter);
  p[32] = 32;
  memcpy(p + 33, &counter, sizeof counter);
  p = put(p + 65, "\0\x06\x13\x02\x13\x03\x13\x01\x01\0", 10);
  uint8_t *length = p;
  p = extensions(p + 2, host, alpn);
  put16(length, (int)(p - length - 2));
  memcpy(record, "\x16\x03\x01", 3);
  put16(record + 3, (int)(p - record - 5));
  record[5] = 1;
  record[6] = 0;
  put16(record + 7, (int)(p - record - 9));
  t->hello_length = (int)(p - record);
  t->state = TLS_HELLO;
  t->messages_length = t->tickets = 0;
}

/* Records */

static void nonce_of(struct tls_way *way, uint8_t *nonce) {
  uint64_t sequence = way->sequence++;
  memcpy(nonce, way->iv, 12);
  for (int i = 0; i < 8; i++) nonce[11 - i] ^= (uint8_t)(sequence >> (8 * i));
}

int tls_seal(struct tls *t, uint8_t type, const uint8_t *data, int length, uint8_t *out) {
  uint8_t nonce[12];
  int n;
  int fresh = t->out.sequence == 0;
  nonce_of(&t->out, nonce);
  memcpy(out, "\x17\x03\x03", 3);
  put16(out + 3, length + 17);
  EVP_EncryptInit_ex(t->seal, fresh ? gcm[t->sha384] : NULL, NULL, fresh ? t->out.key : NULL, nonce);
  EVP_EncryptUpdate(t->seal, NULL, &n, out, 5);
  EVP_EncryptUpdate(t->seal, out + 5, &n, data, length);
  EVP_EncryptUpdate(t->seal, out + 5 + length, &n, &type, 1);
  EVP_EncryptFinal_ex(t->seal, out + 6 + length, &n);
  EVP_CIPHER_CTX_ctrl(t->seal, EVP_CTRL_AEAD_GET_TAG, 16, out + 6 + length);
  return length + 22;
}

/* Gives the plaintext's length without padding and sets its type, or -1. */
static int unseal(struct tls *t, uint8_t *record, int length, uint8_t *plain, int *type) {
  uint8_t nonce[12];
  int n, body = length - 5 - 16;
  int fresh = t->in.sequence == 0;
  if (body < 1) return -1;
  nonce_of(&t->in, nonce);
  EVP_DecryptInit_ex(t->open, fresh ? gcm[t->sha384] : NULL, NULL, fresh ? t->in.key : NULL, nonce);
  EVP_DecryptUpdate(t->open, NULL, &n, record, 5);
  EVP_DecryptUpdate(t->open, plain, &n, record + 5, body);
  EVP_CIPHER_CTX_ctrl(t->open, EVP_CTRL_AEAD_SET_TAG, 16, record + 5 + body);
  if (EVP_DecryptFinal_ex(t->open, plain + n, &n) <= 0) return -1;
  while (body > 0 && plain[body - 1] == 0) body--;
  if (body == 0) return -1;
  *type = plain[body - 1];
  return body - 1;
}

/* Handshake */

static int shared_secret(const uint8_t *share, uint8_t *out) {
  size_t length = 32;
  EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, share, 32);
  int ok = peer && EVP_PKEY_derive_init(own_key) > 0 && EVP_PKEY_derive_set_peer_ex(own_key, peer, 0) > 0 &&
           EVP_PKEY_derive(own_key, out, &length) > 0;
  EVP_PKEY_free(peer);
  return ok;
}

/* Finds the server's X25519 share among the extensions, or NULL. */
static const uint8_t *find_share(const uint8_t *p, const uint8_t *end) {
  while (p + 4 <= end) {
    int type = p[0] << 8 | p[1], length = p[2] << 8 | p[3];
    p += 4;
    if (type == 51 && length == 36 && p + length <= end) return p + 4;
    p += length;
  }
  return NULL;
}

static int take_server_hello(struct tls *t, const uint8_t *message, int length) {
  uint8_t shared[32], hash[48], handshake[48];
  const uint8_t *p = message + 38, *end = message + length;
  if (length < 80 || message[0] != SERVER_HELLO) return 0;
  p += 1 + p[0];
  t->suite = p[0] << 8 | p[1];
  if (t->suite != AES_128_GCM_SHA256 && t->suite != AES_256_GCM_SHA384) return 0;
  int k = t->sha384 = t->suite == AES_256_GCM_SHA384, n = width(k);
  const uint8_t *share = find_share(p + 5, end);
  if (!share || !shared_secret(share, shared)) return 0;
  digest_init(&t->transcript, k);
  digest_add(&t->transcript, t->hello + 5, t->hello_length - 5);
  digest_add(&t->transcript, message, length);
  digest_end(t->transcript, hash);
  hmac(k, early_salt[k], shared, 32, handshake);
  expand(k, handshake, "c hs traffic", hash, n, t->client_secret, n);
  expand(k, handshake, "s hs traffic", hash, n, t->server_secret, n);
  expand(k, handshake, "derived", empty_hash[k], n, t->next_salt, n);
  way_init(&t->in, k, t->server_secret);
  way_init(&t->out, k, t->client_secret);
  t->state = TLS_HANDSHAKE;
  return 1;
}

/* The server's Finished is in the transcript: derive the application keys and write our own Finished. */
static int finish(struct tls *t, uint8_t *reply) {
  int k = t->sha384, n = width(k);
  uint8_t hash[48], zero[48] = {0}, master[48], mine[48], theirs[48], key[48], message[52] = {FINISHED, 0, 0, (uint8_t)n};
  digest_end(t->transcript, hash);
  hmac(k, t->next_salt, zero, n, master);
  expand(k, master, "c ap traffic", hash, n, mine, n);
  expand(k, master, "s ap traffic", hash, n, theirs, n);
  expand(k, t->client_secret, "finished", NULL, 0, key, n);
  hmac(k, key, hash, n, message + 4);
  memcpy(reply, "\x14\x03\x03\0\x01\x01", 6);
  int length = 6 + tls_seal(t, HANDSHAKE, message, 4 + n, reply + 6);
  way_init(&t->in, k, theirs);
  way_init(&t->out, k, mine);
  t->state = TLS_OPEN;
  return length;
}

static enum tls_event take_messages(struct tls *t, const uint8_t *plain, int length, uint8_t *reply, int *reply_length) {
  enum tls_event event = TLS_NOTHING;
  if (t->messages_length + length > (int)sizeof t->messages) return TLS_FAILED;
  memcpy(t->messages + t->messages_length, plain, length);
  t->messages_length += length;
  uint8_t *p = t->messages;
  int left = t->messages_length;
  while (left >= 4) {
    int size = 4 + (p[1] << 16 | p[2] << 8 | p[3]);
    if (left < size) break;
    if (p[0] == NEW_SESSION_TICKET) t->tickets++;
    if (t->state == TLS_HANDSHAKE) {
      digest_add(&t->transcript, p, size);
      if (p[0] == FINISHED) {
        *reply_length = finish(t, reply);
        event = TLS_DONE;
      }
    }
    p += size;
    left -= size;
  }
  memmove(t->messages, p, left);
  t->messages_length = left;
  return event;
}

enum tls_event tls_record(struct tls *t, uint8_t *record, int length, uint8_t *plain, int *plain_length, uint8_t *reply,
                          int *reply_length) {
  int type = record[0];
  if (type == CCS) return TLS_NOTHING;
  if (t->state == TLS_HELLO)
    return type == HANDSHAKE && take_server_hello(t, record + 5, length - 5) ? TLS_NOTHING : TLS_FAILED;
  if (type != DATA) return TLS_FAILED;
  *plain_length = unseal(t, record, length, plain, &type);
  if (*plain_length < 0) return TLS_FAILED;
  if (type == HANDSHAKE) return take_messages(t, plain, *plain_length, reply, reply_length);
  if (type == ALERT) return t->state == TLS_OPEN && *plain_length == 2 && plain[1] == 0 ? TLS_CLOSED : TLS_FAILED;
  return t->state == TLS_OPEN ? TLS_DATA : TLS_FAILED;
}
