import type { Logger } from "pino";
import { createEtcdMembers } from "../adapters/etcd/members.ts";
import { makeClientPair } from "../adapters/pki/client-pair.ts";
import { keepEtcdMembers } from "../loop/etcd-keeper.ts";
import type { Core, Pki } from "../ports.ts";

/** The certificate is made for one step. Seconds. */
const CERTIFICATE_SECONDS = 600;

/** Begins to look after etcd's members. Returns how to end it. */
export function startEtcdKeeper({ core, pki, log }: { core: Core; pki: Pki; log: Logger }): () => Promise<void> {
	const stopping = new AbortController();
	const running = keepEtcdMembers(
		{
			core,
			connect: async (fleet, urls) => {
				const trust = fleet.trust?.trust;
				if (!trust) throw new Error("the fleet has no keys of its own yet");
				const pair = await makeClientPair(pki, trust, {
					name: "etcd-keeper",
					signer: "etcd",
					commonName: "rollcall",
					organizations: [],
					lifeSeconds: CERTIFICATE_SECONDS,
				});
				return createEtcdMembers(urls, { ca: pair.ca, cert: pair.cert, key: pair.key });
			},
			sleep: (ms, signal) =>
				new Promise((resolve) => {
					const timer = setTimeout(resolve, ms);
					signal.addEventListener("abort", () => resolve(clearTimeout(timer)), { once: true });
				}),
			onTrouble: (what, error) => log.warn({ err: error }, what),
		},
		stopping.signal,
	);
	return async () => {
		stopping.abort();
		await running;
	};
}
