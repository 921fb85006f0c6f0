import { createConfig, lintFromString } from '@redocly/openapi-core';
import t from 'tap';
import { ENDPOINTS } from '../../src/admin/endpoints.ts';
import { openapiOf } from '../../src/admin/openapi.ts';
import { shapeFlaws } from '../../src/flaws/schema.ts';
import { Api } from './api.ts';

t.test('the document of the API has nothing that a linter would mend', async (t) => {
  const config = await createConfig({ extends: ['recommended-strict'] });
  const found = await lintFromString({ source: JSON.stringify(openapiOf(ENDPOINTS)), config });
  t.same(
    found.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`),
    [],
  );
});

t.test('it is served to everybody', async (t) => {
  const api = new Api(t);
  const answer = await api.server.inject({ url: '/openapi.json' });
  t.equal(answer.statusCode, 200);
  t.same(answer.json(), JSON.parse(JSON.stringify(openapiOf(ENDPOINTS))));
});

t.test('each example is as its schema says', async (t) => {
  for (const { id, body, answers } of ENDPOINTS) {
    const shown = Object.values(answers).flatMap(({ content = {} }) => Object.values(content));
    if (body !== undefined) shown.push(body);
    for (const one of shown) {
      if (one !== undefined) t.same(shapeFlaws(one.schema)(one.example), [], id);
    }
  }
});
