/** What the image tests start that does not come from npm: each program and the Debian package that brings it. */
export const IMAGE_PROGRAMS = [
  { program: 'buildah', package: 'buildah' },
  { program: 'podman', package: 'podman' },
  { program: 'runc', package: 'runc' },
  { program: 'curl', package: 'curl' },
  { program: 'nsenter', package: 'util-linux' },
] as const;
