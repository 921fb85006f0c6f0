import { postseal, startPostseal } from './postseal.ts';
import type { Kind } from './server.ts';

export const TOKEN = 'bench'.repeat(8);

/** The same server, of which the admin API is asked. */
export const postsealAdmin: Kind = { ...postseal, start: (site) => startPostseal(site, TOKEN) };
