import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { whileLeading } from "../../src/keepers/while-leading.ts";
import { startFakeApiServer } from "../adapters/kubernetes/fake-api-server.ts";
import { keep } from "./kept-cluster.ts";

/** A port that keeps what was asked of it. */
class Port {
	readonly asked: string[] = [];

	async look(): Promise<number> {
		return this.asked.length;
	}

	async change(what: string): Promise<string> {
		this.asked.push(what);
		return what;
	}
}

test("a change is made in the term in which the work began, and not after it, nor in a later one", async (t) => {
	const port = new Port();
	let term: number | undefined = 7;
	const guarded = whileLeading(port, { actsIn: () => term }, ["change"]);
	t.is(await guarded.change("a"), "a");
	term = undefined;
	await t.throwsAsync(guarded.change("b"), { message: /does not lead any more/ });
	term = 9;
	await t.throwsAsync(guarded.change("c"), { message: /anew since/ });
	t.is(await guarded.look(), 1);
	t.deepEqual(port.asked, ["a"]);
	// What was begun while it might not act is not carried on with when it may.
	term = undefined;
	const early = whileLeading(port, { actsIn: () => term }, ["change"]);
	term = 9;
	await t.throwsAsync(early.change("d"));
});

test("a coordinator that loses the lead within a round changes nothing more in the cluster, and goes on when it leads again", async (t) => {
	const fake = await startFakeApiServer(t);
	const { world, all } = await keep(t, fake);
	const changes = () => fake.requests.filter((line) => /^(?:PATCH|POST|DELETE|PUT) /.test(line)).length;
	// The lead ends with the first change that is asked for.
	const push = fake.requests.push.bind(fake.requests);
	let ended = false;
	fake.requests.push = (...lines) => {
		if (!ended && lines.some((line) => line.startsWith("PATCH"))) {
			ended = true;
			world.leads = false;
		}
		return push(...lines);
	};
	await eventually("the lead to end", () => ended);
	await eventually("the round to end", () => all("add-ons-failed").length > 0);
	t.is(changes(), 1);
	world.leads = true;
	await eventually("everything to be applied", () => all("add-ons-applied").length === 1);
});
