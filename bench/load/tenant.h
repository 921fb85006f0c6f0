/* The i-th tenant's names and policy text: the same as bench/tenants.ts. */
#pragma once
#include <stdint.h>
#include <stdio.h>

#define TENANT_TEXT 512

static inline int tenant_domain(char *out, int index) {
  return snprintf(out, TENANT_TEXT, "%u.example", (uint32_t)(index + 1) * 2654435761u);
}

static inline int tenant_host(char *out, int index) {
  return snprintf(out, TENANT_TEXT, "mta-sts.%u.example", (uint32_t)(index + 1) * 2654435761u);
}

static inline int tenant_policy(char *out, int index) {
  char domain[TENANT_TEXT];
  tenant_domain(domain, index);
  return snprintf(out, TENANT_TEXT,
                  "version: STSv1\r\nmode: enforce\r\nmx: mx1.%.64s\r\nmx: *.mail.%.64s\r\nmax_age: 604800\r\n",
                  domain, domain);
}
