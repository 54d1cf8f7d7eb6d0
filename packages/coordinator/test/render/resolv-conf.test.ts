import test from "ava";
import { chooseDns, resolvConfText } from "../../src/render/resolv-conf.ts";
import { example, labFacts } from "./fleet-of.ts";

test("a DNS server in several spellings of its address is one, in the first of them", (t) => {
	const same = ["2001:db8::1", "2001:0db8:0:0:0:0:0:1", "2001:DB8::0001", "192.168.1.1", "::ffff:192.168.1.1"];
	const facts = labFacts(0, { dns: { servers: [...same, "192.168.1.2", "192.168.1.3"], search: [] } });
	const { dnsServers: _declared, ...networks } = example("three-nodes").networks;
	t.deepEqual(resolvConfText(chooseDns(networks, facts)).trimEnd().split("\n"), [
		"# left out: 192.168.1.3: a resolver reads at most 3",
		"nameserver 2001:db8::1",
		"nameserver 192.168.1.1",
		"nameserver 192.168.1.2",
	]);
});
