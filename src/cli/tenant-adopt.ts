import { askWhether } from './asking.ts';
import { domainOf, openClient, tenantPath } from './client.ts';
import type { Session } from './config.ts';
import { printEffect, printWarnings } from './effect.ts';
import { follow } from './follow.ts';
import { readLabels } from './label-option.ts';
import { minute, span } from './moment.ts';
import { print, printJson } from './printing.ts';
import type { AddOptions } from './tenant-add.ts';
import { paint, printNotes } from './terminal.ts';
import type { ToldAdoption } from './told.ts';

/**
 * `postseal tenant adopt`: takes over a domain whose policy is served elsewhere: tells what senders hold, creates the
 * tenant under a new id, and tells the order of DNS changes that leaves no gap.
 */
export async function adoptTenant(name: string, options: AddOptions, session: Session): Promise<void> {
  const { dryRun, yes, json, cause, wait } = options;
  const api = openClient(session);
  const domain = domainOf(name);
  const path = tenantPath(domain, '/adopt');
  const labels = options.label === undefined ? {} : { labels: readLabels(options.label) };
  const foreseen = await api.must<ToldAdoption>('POST', path, { body: labels, query: { dry_run: true } });
  const body = { ...labels, ...policyOf(foreseen.value, options) };
  const dry =
    body.policy === undefined
      ? foreseen
      : await api.must<ToldAdoption>('POST', path, { body, query: { dry_run: true } });
  if (!json) tellFound(domain, dry.value);
  if (dryRun) return json ? printJson(dry.value) : tellSteps(dry.value);
  await askWhether(`Take over ${domain}?`, yes);
  const { value } = await api.must<ToldAdoption>('POST', path, { body, query: { cause } });
  if (json) printJson(value);
  else {
    print(`${domain} has revision ${value.revision?.number} with the id ${value.revision?.id}`);
    tellSteps(value);
  }
  if (wait) await follow(api, domain, options);
}

/** What is served elsewhere, but for what is to be otherwise; undefined where nothing is. */
function policyOf({ earlier }: ToldAdoption, { mode, maxAge, mx }: AddOptions) {
  const found = earlier.at(-1)?.policy;
  if (found === undefined || (mode ?? maxAge ?? mx) === undefined) return {};
  return { policy: { mode: mode ?? found.mode, max_age: maxAge ?? found.max_age, mx: mx ?? found.mx } };
}

function tellFound(domain: string, { earlier, findings, effect }: ToldAdoption): void {
  print(paint('bold', domain));
  printNotes(
    earlier.map(({ id, policy: { mode, max_age } }) => {
      const id_ = id === '0' ? 'without an id' : `under the id ${id}`;
      return {
        text: `is served elsewhere in mode ${mode} ${id_}; senders keep it for ${span(max_age)}`,
        mark: '•',
      };
    }),
  );
  printWarnings(findings);
  printEffect(effect);
}

/** In their order, each with the records to set. */
function tellSteps({ steps, earlier }: ToldAdoption): void {
  const longest = Math.max(0, ...earlier.map(({ policy }) => policy.max_age));
  print('');
  print('To bring it here without a gap:');
  for (const [index, { what, records }] of steps.entries()) {
    printNotes([{ text: what, mark: `${index + 1}` }]);
    for (const record of records) print(`      ${paint('cyan', record)}`);
  }
  const until = minute(Date.now() + longest * 1000);
  printNotes([
    { text: `Were it served here from now on, senders would hold the old policy until ${until}`, mark: '•' },
  ]);
}
