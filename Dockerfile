# Release builds should pin the base by digest: docker build --build-arg NODE_IMAGE=node:24-slim@sha256:… .
ARG NODE_IMAGE=docker.io/library/node:24-slim

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# The optional dependencies are Node itself, for machines that lack it; the base image has it.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE}
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Postseal" \
      org.opencontainers.image.description="Self-hosted MTA-STS (RFC 8461) policy hosting for many domains" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

ENV NODE_ENV=production \
    POSTSEAL_LISTEN_HTTPS="[::]:8443" \
    POSTSEAL_LISTEN_HTTP="[::]:8080" \
    POSTSEAL_LISTEN_DNS="[::]:8053" \
    POSTSEAL_LISTEN_METRICS="0.0.0.0:9464" \
    POSTSEAL_STORE_POLICIES=/policies \
    POSTSEAL_STORE_CERTS=/certs \
    POSTSEAL_STORE_STATE=/state

WORKDIR /app
# A new named volume takes over the owner and mode of the folder that it covers.
RUN install -d -o 1000 -g 1000 -m 0755 /policies \
 && install -d -o 1000 -g 1000 -m 0700 /certs /state
COPY LICENSE package.json ./
COPY --from=dependencies /app/node_modules ./node_modules
COPY src ./src

# The base image's user `node`, by number, so that orchestrators can see that it is not root.
USER 1000:1000
EXPOSE 8443 8080 8053/tcp 8053/udp 9464
VOLUME ["/policies", "/certs", "/state"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.POSTSEAL_LISTEN_METRICS.split(':').at(-1) + '/livez').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/src/cli/main.ts"]
CMD ["serve"]
