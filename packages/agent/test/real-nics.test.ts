import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { Facts } from "@rollcall/protocol";
import { testNeeding } from "@rollcall/test-support/needing";
import { namespaces, type Part } from "@rollcall/test-support/part";
import type { ExecutionContext } from "ava";

const READ = `
const { createFactsReader } = await import(${JSON.stringify(new URL("../src/adapters/facts/facts.ts", import.meta.url).href)});
console.log(JSON.stringify(await createFactsReader({ root: "/", rehearsal: undefined }).read()));`;

/** What ends with a test, or with a look at what this computer has. */
type Scope = Pick<ExecutionContext, "teardown" | "log">;

/** A host of its own with an interface `lan0` that is up, and what runs there. */
function makeHost(t: Scope) {
	const name = `rcn${randomBytes(3).toString("hex")}`;
	const run = (...words: string[]) => spawnSync("ip", words, { encoding: "utf8" });
	t.teardown(() => [name, `${name}x`].forEach((one) => void run("netns", "delete", one)));
	for (const one of [name, `${name}x`]) run("netns", "add", one);
	/** False where this kernel has no such interface. */
	const ip = (...words: string[]): boolean => {
		const { status, stderr } = run("-n", name, ...words);
		if (status !== 0) t.log(`ip ${words.join(" ")}: ${stderr.trim()}`);
		return status === 0;
	};
	ip("link", "add", "lan0", "type", "veth", "peer", "name", "lan0", "netns", `${name}x`);
	run("-n", `${name}x`, "link", "set", "lan0", "up");
	ip("link", "set", "lan0", "up");
	const facts = (): Facts => {
		const { stdout, stderr } = spawnSync(
			"ip",
			["netns", "exec", name, process.execPath, "--input-type=module", "-e", READ],
			{ encoding: "utf8" },
		);
		if (stdout === "") throw new Error(stderr);
		return Facts.parse(JSON.parse(stdout));
	};
	const sysctl = (key: string, value: string) =>
		spawnSync("ip", ["netns", "exec", name, "sysctl", "-qw", `${key}=${value}`]).status === 0;
	return { ip, facts, sysctl };
}

/** Interfaces by kind: the commands that make one on `lan0`, as `up0`. */
const KINDS: Record<string, readonly (readonly string[])[]> = {
	bridge: [
		["link", "add", "up0", "type", "bridge"],
		["link", "set", "lan0", "master", "up0"],
	],
	bond: [
		["link", "add", "up0", "type", "bond"],
		["link", "set", "lan0", "down"],
		["link", "set", "lan0", "master", "up0"],
	],
	"bridge on a bond": [
		["link", "add", "bnd", "type", "bond"],
		["link", "set", "lan0", "down"],
		["link", "set", "lan0", "master", "bnd"],
		["link", "set", "bnd", "up"],
		["link", "add", "up0", "type", "bridge"],
		["link", "set", "bnd", "master", "up0"],
	],
	"bridge on a VLAN": [
		["link", "add", "link", "lan0", "name", "lan0.7", "type", "vlan", "id", "7"],
		["link", "set", "lan0.7", "up"],
		["link", "add", "up0", "type", "bridge"],
		["link", "set", "lan0.7", "master", "up0"],
	],
	"VLAN of a bridge": [
		["link", "add", "sw", "type", "bridge"],
		["link", "set", "lan0", "master", "sw"],
		["link", "set", "sw", "up"],
		["link", "add", "link", "sw", "name", "up0", "type", "vlan", "id", "7"],
	],
	"InfiniBand partition": [["link", "add", "link", "ib0", "name", "up0", "type", "ipoib", "pkey", "0x8001"]],
	vlan: [["link", "add", "link", "lan0", "name", "up0", "type", "vlan", "id", "7"]],
	macvlan: [["link", "add", "link", "lan0", "name", "up0", "type", "macvlan", "mode", "bridge"]],
	ipvlan: [["link", "add", "link", "lan0", "name", "up0", "type", "ipvlan"]],
	dummy: [["link", "add", "up0", "type", "dummy"]],
	team: [["link", "add", "up0", "type", "team"]],
	wireguard: [["link", "add", "up0", "type", "wireguard"]],
	vxlan: [["link", "add", "up0", "type", "vxlan", "id", "7", "dstport", "4789", "dev", "lan0"]],
};

const network = namespaces();

/** Whether this kernel has interfaces of a kind; not every one has all of them. */
function kernelHas(kind: string, commands: readonly (readonly string[])[]): Part {
	const ends: (() => unknown)[] = [];
	const host = makeHost({ teardown: (end) => ends.push(end), log: Object.assign(() => {}, { skip: () => {} }) });
	const made = commands.every((words) => host.ip(...words));
	for (const end of ends) end();
	return { missing: made ? undefined : `this kernel has no ${kind}`, optional: true };
}

for (const [kind, commands] of Object.entries(KINDS)) {
	testNeeding(network, ...(network.missing ? [] : [kernelHas(kind, commands)]))(
		`a real ${kind} that carries the address and the default route is an uplink`,
		(t) => {
			const host = makeHost(t);
			for (const words of commands) t.true(host.ip(...words));
			host.ip("address", "add", "192.0.2.11/24", "dev", "up0");
			host.ip("link", "set", "up0", "up");
			host.ip("route", "add", "default", "via", "192.0.2.1", "dev", "up0", "onlink");
			const { nics, defaultRoute } = host.facts();
			t.deepEqual(nics.find(({ name }) => name === "up0")?.addresses, ["192.0.2.11/24"]);
			t.deepEqual(defaultRoute, { nic: "up0", gateway: "192.0.2.1" });
		},
	);
}

testNeeding(network)(
	"the kernel's temporary and deprecated addresses are no addresses of the machine; one on the loopback interface is",
	(t) => {
		const host = makeHost(t);
		host.sysctl("net.ipv6.conf.lan0.use_tempaddr", "2");
		const add = (...words: string[]) => host.ip("address", "add", ...words, "nodad");
		host.ip("link", "set", "lo", "up");
		add("2001:db8::1/64", "dev", "lan0");
		add("2001:db8::2/64", "dev", "lan0", "preferred_lft", "0");
		add("2001:db8:0:1::3/64", "dev", "lan0", "mngtmpaddr", "valid_lft", "3600", "preferred_lft", "3600");
		add("2001:db8::9/128", "dev", "lo");
		const addresses = Object.fromEntries(host.facts().nics.map(({ name, addresses }) => [name, addresses]));
		t.deepEqual(addresses.lan0?.toSorted(), ["2001:db8:0:1::3/64", "2001:db8::1/64"]);
		t.deepEqual(addresses.lo, ["2001:db8::9/128"]);
	},
);
