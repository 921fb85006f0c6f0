import { readFile } from 'node:fs/promises';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { parse } from 'yaml';
import { projectFile } from './project.ts';

const Service = Type.Object({
  volumes: Type.Array(Type.String()),
  environment: Type.Record(Type.String(), Type.String()),
  ports: Type.Array(Type.String()),
  cap_drop: Type.Array(Type.String()),
  read_only: Type.Boolean(),
  security_opt: Type.Array(Type.String()),
});

const Compose = Type.Object({
  services: Type.Object({ postseal: Service }),
  volumes: Type.Record(Type.String(), Type.Null()),
});

/** What the tests look at in docker-compose.yml. Throws if one of these parts is missing. */
export type Compose = Type.Static<typeof Compose>;

/** Reads docker-compose.yml, without filling in its variables. */
export async function readCompose(): Promise<Compose> {
  return Value.Parse(Compose, parse(await readFile(projectFile('docker-compose.yml'), 'utf8')));
}
