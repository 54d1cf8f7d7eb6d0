import { type Facts, type Mac, macsOf } from "@rollcall/protocol";
import test from "ava";
import { chooseNodeAddress } from "../../src/domain/networks/node-address.ts";
import { mismatch } from "../../src/domain/seats/selector.ts";
import { labFacts } from "../render/fleet-of.ts";

const MAC = "02:00:00:00:01:01" as Mac;

function nic(name: string, ...addresses: string[]): Facts["nics"][number] {
	return { name, mac: MAC, up: true, addresses };
}

test("an unnumbered default route speaks from the machine's only address, wherever that is", (t) => {
	for (const name of ["dummy0", "lo"]) {
		const facts = labFacts(1, { nics: [nic("eth0"), nic("eth1"), nic(name, "192.0.2.9/32", "2001:db8::9/128")] });
		t.deepEqual(chooseNodeAddress(facts, { defaultRoute: true }, 32), { ok: true, address: "192.0.2.9", nic: name });
		t.like(chooseNodeAddress(facts, { defaultRoute: true }, 128), { address: "2001:db8::9" });
	}
});

test("where two addresses could be meant, none is guessed, and both are named", (t) => {
	const facts = labFacts(1, { nics: [nic("eth0"), nic("eth1", "192.0.2.1/24"), nic("dummy0", "192.0.2.9/32")] });
	const chosen = chooseNodeAddress(facts, { defaultRoute: true }, 32);
	t.false(chosen.ok);
	t.regex(chosen.ok ? "" : chosen.reason, /192\.0\.2\.1 on eth1, 192\.0\.2\.9 on dummy0/);
});

test("an interface without a MAC, like a tunnel, can carry the node address", (t) => {
	const facts = labFacts(1, { nics: [{ name: "wg0", up: true, addresses: ["10.9.0.1/24"] }] });
	t.like(chooseNodeAddress(facts, { interface: "wg0" }, 32), { ok: true, address: "10.9.0.1" });
});

test("a tunnel gives the node address where it carries the default route, and not where it only has an address", (t) => {
	const nics = [nic("eno1", "192.0.2.9/24"), { name: "wg0", up: true, addresses: ["10.9.0.1/24"] }];
	const via = (name: string) => labFacts(1, { nics, defaultRoute: { nic: name, gateway: "192.0.2.1" } });
	t.like(chooseNodeAddress(via("eno1"), { defaultRoute: true }, 32), { address: "192.0.2.9" });
	t.like(chooseNodeAddress(via("wg0"), { defaultRoute: true }, 32), { address: "10.9.0.1" });
	t.like(chooseNodeAddress(via("wg0"), { cidr: "192.0.2.0/24" }, 32), { address: "192.0.2.9" });
});

test("NICs are counted as cards where the agent tells them, else as interfaces", (t) => {
	const machine = (facts: Facts) => ({ labels: {}, facts }) as never;
	const nics = [nic("eth0"), { ...nic("br0"), mac: "02:00:00:00:01:02" as Mac }];
	t.is(mismatch({ minNics: 2 }, machine(labFacts(1, { nics }))), undefined);
	const told = labFacts(1, { nics, macs: [MAC] });
	t.regex(mismatch({ minNics: 2 }, machine(told)) ?? "", /1 NICs of 2/);
	t.deepEqual(macsOf(told), [MAC]);
});
