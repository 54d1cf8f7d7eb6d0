import { type Ask, type EtcdAccess, post } from "./gateway.ts";

/** A key that no state has; only the way to the leader and back is of interest. In base64, as JSON has bytes: one byte 0. */
const NO_KEY = "AA==";

/**
 * Reads linearizably through one member (etcd 3.4 and later, `/v3/kv/range`). It answers only when it is in touch with a majority, and has
 * applied all that was decided before. Throws an Error that says why not.
 */
export async function readThrough(url: string, access: EtcdAccess | Ask): Promise<void> {
	const body = JSON.stringify({ key: NO_KEY, limit: "1", keys_only: true });
	const { status, text } = await post(new URL("/v3/kv/range", url), body, access);
	if (status !== 200) throw new Error(`${url}: ${text.slice(0, 500)}`);
}
