/** The zones that a name can lie in, the longest first: the name itself, and all above it but the root. */
export function zonesAbove(name: string): readonly string[] {
  const labels = name.split('.');
  return labels.map((_, index) => labels.slice(index).join('.'));
}
