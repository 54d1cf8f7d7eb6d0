import { createUser } from "@nats-io/nkeys";
import type { Mac, Observation, RelayReply, RelayRequest } from "@rollcall/protocol";
import { relayText, UserPublicKey } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { isSignedBy } from "../../../src/adapters/nats/signing-key.ts";
import { Relays, type Seen } from "../../../src/adapters/network/relays.ts";

const ADDRESS = "198.51.100.7";
const MAC = "52:54:00:00:00:07" as Mac;

/** A relay's key, and the coordinator's side, with a clock that the test moves. */
function scene() {
	const [key, other] = [createUser(), createUser()];
	let [now, tick] = [0, 0];
	const told: string[] = [];
	const publicKey = UserPublicKey.parse(key.getPublicKey());
	const config = [{ name: "far", networks: ["198.51.100.0/24", "2001:db8:1::/64"], publicKey }];
	const monotonic = (): number => now + ++tick / 1000;
	const relays = new Relays(config, { monotonic, isBy: isSignedBy, tell: (text) => told.push(text) });
	const signed = (ticket: string | undefined, observations: Observation[] = [], by = key): RelayRequest => {
		const said = { relay: "far", ...(ticket === undefined ? {} : { ticket }), observations };
		return { ...said, signature: Buffer.from(by.sign(Buffer.from(relayText(said)))).toString("base64") };
	};
	const begin = async (): Promise<string> => (await relays.take(signed(undefined)))?.ticket ?? "";
	return { relays, told, signed, begin, other, pass: (ms: number) => (now += ms) };
}

/** The relay waits, somebody comes, and the relay has its question. */
async function asked({ relays, signed, begin }: ReturnType<typeof scene>): Promise<{
	readonly seen: Promise<Seen>;
	readonly reply: RelayReply;
	readonly nonce: string;
}> {
	const waiting = relays.take(signed(await begin()));
	const seen = relays.look(ADDRESS);
	const reply = (await waiting) as RelayReply;
	return { seen, reply, nonce: reply.questions[0]?.nonce ?? "" };
}

test("a relay that waits is asked for an address of its networks, and what it says counts", async (t) => {
	const here = scene();
	const { seen, reply, nonce } = await asked(here);
	t.is(reply.questions[0]?.address, ADDRESS);
	void here.relays.take(here.signed(reply.ticket, [{ nonce, address: ADDRESS, mac: MAC }]));
	t.deepEqual(await seen, { mac: MAC });
	here.relays.close();
});

test("nobody is asked for an address outside of the networks, and what a relay says of one does not count", async (t) => {
	const here = scene();
	t.deepEqual(await here.relays.look("192.0.2.7"), {});
	t.deepEqual(await here.relays.look("2001:db8:2::7"), {});
	const { seen, reply, nonce } = await asked(here);
	void here.relays.take(here.signed(reply.ticket, [{ nonce, address: "192.0.2.7", mac: MAC }]));
	void here.relays.take(here.signed(await here.begin(), [{ nonce: "x".repeat(24), address: ADDRESS, mac: MAC }]));
	t.regex((await seen).reason ?? "", /did not say in time/);
	here.relays.close();
});

test("nothing counts that another key signed, that came before, or whose ticket is made up, changed or old", async (t) => {
	const here = scene();
	const { relays, signed, other, begin, pass } = here;
	t.is(await relays.take(signed(undefined, [], other)), undefined);
	const { seen, reply, nonce } = await asked(here);
	const words: Observation[] = [{ nonce, address: ADDRESS, mac: MAC }];
	t.is(await relays.take(signed(reply.ticket, words, other)), undefined);
	t.is(await relays.take({ ...signed(reply.ticket), observations: words }), undefined);
	for (const ticket of ["", "1", "Infinity x", `${Number.MAX_VALUE} ${reply.ticket.split(" ")[1]}`])
		t.is(await relays.take(signed(ticket, words)), undefined, ticket);
	const good = signed(reply.ticket, words);
	void relays.take(good);
	t.deepEqual(await seen, { mac: MAC });
	t.is(await relays.take(good), undefined);
	const old = await begin();
	pass(61_000);
	t.is(await relays.take(signed(old)), undefined);
	relays.close();
});

test("an observation is of one look: the same answer does not serve whoever comes later from that address", async (t) => {
	const here = scene();
	const { relays, signed, begin } = here;
	const { seen, reply, nonce } = await asked(here);
	void relays.take(signed(reply.ticket, [{ nonce, address: ADDRESS, mac: MAC }]));
	await seen;
	const later = relays.look(ADDRESS);
	void relays.take(signed(await begin(), [{ nonce, address: ADDRESS, mac: MAC }]));
	t.regex((await later).reason ?? "", /did not say in time/);
	relays.close();
});

test("a relay that saw nobody says why, one that is away is not waited for, and both are told", async (t) => {
	const here = scene();
	const { relays, signed, told, pass } = here;
	const { seen, reply, nonce } = await asked(here);
	void relays.take(signed(reply.ticket, [{ nonce, address: ADDRESS, reason: "nobody answers" }]));
	t.is((await seen).reason, `relay far sees nobody with ${ADDRESS} on its link: nobody answers`);
	pass(11_000);
	t.is((await relays.look(ADDRESS)).reason, `relay far, which looks for ${ADDRESS}, is away`);
	t.deepEqual(told, ["relay far is there", "relay far is away: machines of its networks only claim"]);
	relays.close();
});

test("who could be seen is known by the relays that are there", async (t) => {
	const { relays, signed, begin, pass } = scene();
	const nics = ["192.0.2.9/24", `${ADDRESS}/24`];
	t.false(relays.canSee(nics), "it never came");
	void relays.take(signed(await begin()));
	t.true(relays.canSee(nics));
	t.true(relays.canSee(["2001:db8:1::9/64"]));
	t.false(relays.canSee(["192.0.2.9/24", "nonsense", ""]));
	pass(11_000);
	t.false(relays.canSee(nics), "it is away");
	relays.close();
});

test("so many wait for a relay and no more, and a relay is asked for a bounded number at once", async (t) => {
	const here = scene();
	const { relays, signed, begin } = here;
	const all = Array.from({ length: 600 }, (_, index) => relays.look(`198.51.100.${index % 250}`));
	const refused = await Promise.race(all);
	t.is(refused.reason, "relay far is asked for too many addresses at once");
	const reply = await relays.take(signed(await begin()));
	t.is(reply?.questions.length, 64);
	relays.close();
	await eventually("nobody to wait any more", async () => (await Promise.all(all)).length === 600);
});
