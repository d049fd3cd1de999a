import { success } from '../api/v1/envelope.ts';
import type { Store } from '../core/store.ts';
import { AppError } from '../errors.ts';
import type { Route } from '../http/routes.ts';

const OK = success('{"status":"ok"}');

/** `GET /livez`: the process answers. `GET /readyz`: it can serve, that is, its store answers; else 503. */
export function healthRoutes(store: Store): readonly Route[] {
  return [
    { path: '/livez', methods: { GET: async () => OK } },
    {
      path: '/readyz',
      methods: {
        GET: async () => {
          try {
            await store.check();
          } catch (cause) {
            throw new AppError('not_ready', { cause });
          }
          return OK;
        },
      },
    },
  ];
}
