import { readFile } from 'node:fs/promises';
import { type Dockerfile, DockerfileParser } from 'dockerfile-ast';
import { projectFile } from './project.ts';

/** The text of the Dockerfile. */
export function dockerfileText(): Promise<string> {
  return readFile(projectFile('Dockerfile'), 'utf8');
}

/** Reads the Dockerfile. */
export async function readDockerfile(): Promise<Dockerfile> {
  return DockerfileParser.parse(await dockerfileText());
}

/** The image that the Dockerfile builds on unless told otherwise. Throws if it names none. */
export function baseImage(dockerfile: Dockerfile): string {
  const name = dockerfile.getInitialARGs().flatMap((arg) => arg.getProperty()?.getValue() ?? []);
  if (name[0] === undefined) throw new Error('the Dockerfile has no ARG with its base image');
  return name[0];
}

/** The values of the last stage's ENV instructions. */
export function environment(dockerfile: Dockerfile): Map<string, string> {
  const instructions = dockerfile.getENVs();
  const pairs = instructions.flatMap((instruction) => instruction.getProperties());
  return new Map(pairs.map((pair) => [pair.getName(), pair.getValue() ?? '']));
}

/** What the last instruction of this kind says, as it is written. Throws if there is none. */
export function lastOf(dockerfile: Dockerfile, keyword: string): string {
  const instruction = dockerfile.getInstructions().findLast((line) => line.getKeyword() === keyword);
  const content = instruction?.getArgumentsContent();
  if (content == null) throw new Error(`the Dockerfile has no ${keyword}`);
  return content;
}

/** The paths that COPY takes from the project, not from another stage. */
export function copiedFromProject(dockerfile: Dockerfile): string[] {
  const copies = dockerfile.getCOPYs().filter((copy) => copy.getFromFlag() === null);
  return copies.flatMap((copy) =>
    copy
      .getArguments()
      .map((path) => path.getValue())
      .slice(0, -1),
  );
}
