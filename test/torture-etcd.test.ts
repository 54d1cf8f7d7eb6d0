import { readdirSync } from "node:fs";
import { testNeeding } from "@rollcall/test-support/needing";
import { namespaces, ROOT } from "@rollcall/test-support/part";
import { stretched } from "@rollcall/test-support/stretch";
import { torture } from "./support/torture.ts";
import { etcdPart } from "./torture/etcd/programs.ts";

const test = testNeeding(ROOT, namespaces(), await etcdPart());
/** A seed with which three machines hold etcd. */
const SEED = "6001";

/** A dozen rounds of the torture, by texts of their names; it has more than are run here. Losses of a majority come last. */
const ROUNDS = [
	"kill etcd on as many members as may go",
	"reboot each member in turn",
	"ask all members to reboot at once",
	"cut the power of as many members as may go",
	"change etcd's arguments, and kill agents meanwhile",
	"cut a member off the network",
	"declare fewer members, then as many as before",
	"kill the coordinator while a member boots",
	"take all that the agents of members remember away",
	// It takes none of them out, and sweeps no newer snapshot.
	"when all members have booted since",
	// Nothing is taken away while the log is in doubt, and then one member at a time.
	"of when fewer members were declared",
	// The document that mends etcd reaches machines that booted anew with the broken one, and what a snapshot has is there.
	"cut the power of all members under an argument",
];

test("what real members of etcd acknowledge is there after a dozen reboots, losses, documents, and data folders that went back, each of which they come through", async (t) => {
	t.timeout(stretched(900_000));
	const words = ["--rounds", String(ROUNDS.length), "--seed", SEED, "--round", ROUNDS.join(";")];
	const { process, temporary } = torture(t, "--only", "etcd", ...words);
	const { code } = await process.exited;
	t.is(code, 0, process.output());
	t.regex(process.output(), /12 rounds, [1-9]\d* acknowledged writes found again/);
	t.deepEqual(readdirSync(temporary), []);
});
