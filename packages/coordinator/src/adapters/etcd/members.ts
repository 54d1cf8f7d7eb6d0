import { z } from "zod";
import { EtcdError } from "../../errors.ts";
import type { EtcdMembers } from "../../ports/etcd.ts";
import { type Ask, type EtcdAccess, post } from "./gateway.ts";
import { readThrough } from "./linearizable.ts";
import { readAnswer } from "./read-answer.ts";

/** Members as etcd's JSON gateway lists them (etcd 3.4 and later, `/v3/cluster/member/list`). Numbers of 64 bits are texts. */
const MemberList = z.object({
	members: z
		.array(
			z.object({
				ID: z.string(),
				name: z.string().default(""),
				peerURLs: z.array(z.string()).default([]),
				isLearner: z.boolean().default(false),
			}),
		)
		.max(64),
});

/**
 * Speaks to the members at these URLs; the first that answers is taken. One that cannot do it now (5xx) is as good as none. Members are
 * listed by one that has just read linearizably: another one may be behind, and list who was taken out long ago. Before each request that changes
 * something `beforeChange` is called, and what it throws ends the call.
 */
export function createEtcdMembers(
	urls: readonly string[],
	access: EtcdAccess | Ask,
	beforeChange: () => void = () => {},
): EtcdMembers {
	async function ask(path: string, body: object, { current = false } = {}): Promise<string> {
		let trouble = "no member of etcd is known to live";
		for (const url of urls) {
			let answer: { status: number; text: string };
			// The one before may have taken its time to say nothing.
			if (!current) beforeChange();
			try {
				if (current) await readThrough(url, access);
				answer = await post(new URL(path, url), JSON.stringify(body), access);
			} catch (error) {
				trouble = `${url}: ${(error as Error).message}`;
				continue;
			}
			if (answer.status === 200) return answer.text;
			trouble = `${url}${path}: ${answer.text.slice(0, 500)}`;
			if (answer.status < 500) break;
		}
		throw new EtcdError(trouble);
	}
	return {
		async list() {
			return membersIn(await ask("/v3/cluster/member/list", {}, { current: true }));
		},
		async remove(id) {
			await ask("/v3/cluster/member/remove", { ID: id });
		},
		async addLearner(peerUrl) {
			await ask("/v3/cluster/member/add", { peerURLs: [peerUrl], isLearner: true });
		},
		async promote(id) {
			try {
				await ask("/v3/cluster/member/promote", { ID: id });
				return true;
			} catch (error) {
				// etcd's own words for a learner that has not caught up (etcdserver, ErrGRPCLearnerNotReady).
				if (error instanceof EtcdError && /in sync with leader/.test(error.message)) return false;
				throw error;
			}
		},
	};
}

/** The members in an answer to `/v3/cluster/member/list`. Throws EtcdError. */
export function membersIn(text: string): Awaited<ReturnType<EtcdMembers["list"]>> {
	const { members } = readAnswer(MemberList, text);
	return members.map(({ ID, name, peerURLs, isLearner }) => ({
		...{ id: ID, name },
		...{ peerUrls: peerURLs, learner: isLearner },
	}));
}
