import fc from "@rollcall/test-support/properties";
import test from "ava";
import { pairsOf, spread } from "../../src/render/check/pairs.ts";
import { checkerOf, faultsOf, WISH } from "./checked.ts";
import { standingCluster } from "./standing-cluster.ts";

const named = (count: number): string[] => Array.from({ length: count }, (_, index) => `worker-${index}`);

test("up to 20 nodes every one asks every other, above it each asks six others and is asked by six, itself never", (t) => {
	fc.assert(
		fc.property(fc.integer({ min: 0, max: 600 }), (count) => {
			const pairs = pairsOf(named(count));
			const askedBy = new Map<string, number>();
			for (const [node, peers] of pairs) {
				t.false(peers.includes(node));
				t.is(new Set(peers).size, peers.length);
				t.is(peers.length, count <= 20 ? count - 1 : 6);
				for (const peer of peers) askedBy.set(peer, (askedBy.get(peer) ?? 0) + 1);
			}
			t.is(pairs.size, count);
			if (count > 1) t.deepEqual(new Set(askedBy.values()), new Set([count <= 20 ? count - 1 : 6]));
		}),
	);
});

test("of a list that is too long so many are taken as are wanted, in order, once each, from its beginning to its last part", (t) => {
	fc.assert(
		fc.property(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 1, max: 500 }), (count, most) => {
			const all = named(count);
			const taken = spread(all, most);
			t.is(taken.length, Math.min(count, most));
			t.deepEqual(
				taken,
				all.filter((name) => taken.includes(name)),
			);
			// No gap is longer than two shares of the list.
			const at = [...taken.map((name) => all.indexOf(name)), count];
			for (const [index, place] of at.entries()) t.true(place - (at[index - 1] ?? 0) <= 2 * Math.ceil(count / most));
		}),
	);
});

test("of 25 nodes 150 ways are asked and the port of 20, and a node that is cut off is told by those who asked it and by itself", async (t) => {
	const nodes = named(25);
	const cluster = await standingCluster(t, nodes);
	const pages: string[] = [];
	const page = async (url: string) => {
		pages.push(url);
		return "a node";
	};
	const wish = { ...WISH, startSeconds: 60 };
	const { checker, done } = checkerOf(t, cluster, { page });
	checker.begin(wish, "t-1");
	const good = await done();
	t.deepEqual(faultsOf(good), []);
	const texts = good.findings.map(({ text }) => text);
	t.true(texts.includes("150 ways between pods on 25 nodes are open"), texts.join("\n"));
	t.is(new Set(pages).size, 20);

	const cut = "10.244.9.7:8080";
	cluster.planted.deaf = (node, what) => what === cut || (node === "worker-9" && what.endsWith(":8080"));
	checker.begin(wish, "t-1");
	const faults = faultsOf(await done());
	t.log(faults.join("\n"));
	t.is(faults.filter((line) => line.includes("does not reach the pod on worker-9")).length, 6);
	t.is(faults.filter((line) => line.includes("the pod on worker-9 does not reach")).length, 6);
	t.is(faults.length, 12);
	t.deepEqual(cluster.left(), []);
});
