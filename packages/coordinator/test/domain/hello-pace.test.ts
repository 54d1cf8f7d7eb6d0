import test from "ava";
import { factsOf, keyOf } from "./hardware.ts";
import { Story } from "./story.ts";

const A = { name: "a" };
const SLOTS = [{ name: "w", role: "worker", count: 2 }];

/** Says hello as a machine with this host name, and so much given. */
function say(story: Story, hostname: string, { boot = 1, generation = 0 } = {}): string {
	const hardware = { ...A, boot };
	const [machineId] = story.fleet.machines.keys();
	const facts = { ...factsOf(hardware), hostname };
	const { bootId } = facts;
	const hello = { bootId, publicKey: keyOf(hardware), facts, generation, renew: false };
	return story.take({ kind: "hello", machineId: machineId as never, hello, proofValid: false }).kind;
}

function joined(): Story {
	const story = new Story();
	story.declare(SLOTS);
	story.join(A);
	return story;
}

test("a machine whose facts are others in every hello has a share of them recorded, and that it was cut is told once", (t) => {
	const story = joined();
	for (let n = 0; n < 1_500; n++) {
		t.is(say(story, `host-${n}`), "target", "it is answered all the same");
		if (n % 250 === 249) story.pass(1);
	}
	t.is(story.all("facts-changed").length, 30);
	t.is(story.all("hellos-cut").length, 1);
	t.is(story.machine([...story.fleet.machines.keys()][0] as never).facts.hostname, "host-29");
	story.pass(120);
	for (let n = 0; n < 100; n++) say(story, `later-${n}`);
	t.is(story.all("facts-changed").length, 38, "four a minute");
	t.is(story.all("hellos-cut").length, 1, "it never stopped");
	story.pass(600);
	for (let n = 0; n < 100; n++) say(story, `again-${n}`);
	t.is(story.all("hellos-cut").length, 2, "it was quiet for ten minutes, and began anew");
});

test("so it is with generations that a machine says it holds", (t) => {
	const story = joined();
	for (let n = 0; n < 500; n++) say(story, "a", { generation: 10 * (n + 1) });
	t.is(story.all("generation-raised").length, 30);
	t.is(story.all("hellos-cut").length, 1);
});

test("what an honest machine has to say after its boot is recorded at once, also after a boot that was cut, and what was left out with its next hello", (t) => {
	const story = joined();
	for (let n = 0; n < 100; n++) say(story, `host-${n}`);
	story.pass(30);
	say(story, "what-counts");
	const [machineId = ""] = story.fleet.machines.keys();
	t.is(story.machine(machineId as never).facts.hostname, "what-counts");
	for (let n = 0; n < 100; n++) say(story, `host-${n}`);
	story.silent.add(machineId as never);
	story.pass(12);
	story.enroll({ ...A, boot: 2 });
	for (let n = 0; n < 5; n++) {
		say(story, `second-${n}`, { boot: 2 });
		t.is(story.machine(machineId as never).facts.hostname, `second-${n}`);
	}
});
