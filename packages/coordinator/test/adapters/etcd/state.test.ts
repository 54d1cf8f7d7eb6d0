import test from "ava";
import { createEtcdState } from "../../../src/adapters/etcd/state.ts";
import { EtcdError } from "../../../src/errors.ts";
import { selfSigned } from "../../render/self-signed.ts";
import { member } from "./fake-member.ts";

const standing = (revision: number) => ({ header: { revision: String(revision) }, leader: "7" });

test("the state is read from a member that is in touch with a majority, since one that was cut off still names a leader and lacks what was written", async (t) => {
	const pair = await selfSigned();
	const access = { ...pair, ca: pair.cert };
	const cutOff = await member(t, pair, 200, standing(9), true);
	const current = await member(t, pair, 200, standing(8));
	t.deepEqual(await createEtcdState([cutOff.url, current.url], access).look(), { member: current.url, revision: 8 });
	await t.throwsAsync(createEtcdState([cutOff.url], access).look(), { instanceOf: EtcdError, message: /127\.0\.0\.1/ });
});

test("where the majority is lost, the member that is furthest gives its state, in touch with others or not", async (t) => {
	const pair = await selfSigned();
	const [one, other] = [await member(t, pair, 200, standing(8), true), await member(t, pair, 200, standing(9), true)];
	const etcd = createEtcdState([one.url, other.url], { ...pair, ca: pair.cert });
	t.deepEqual(await etcd.look({ leaderless: true }), { member: other.url, revision: 9 });
});
