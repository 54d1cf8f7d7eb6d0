import { testNeeding } from "@rollcall/test-support/needing";
import { debianPackages, namespaces, ROOT } from "@rollcall/test-support/part";
import { stretched } from "@rollcall/test-support/stretch";
import { CONTAINER_PACKAGES, type Container, controlGroups, imageArchive, Machine, pageOf } from "./machine.ts";
import { PACKAGES, programs, Scene } from "./scene.ts";

const test = testNeeding(
	ROOT,
	namespaces(),
	controlGroups(),
	await debianPackages([...CONTAINER_PACKAGES, ...PACKAGES]),
);
const OUTSIDE = ["192.0.2.200", "2001:db8::200"] as const;
const NODES = [
	["192.0.2.1", "2001:db8::1"],
	["192.0.2.2", "2001:db8::2"],
] as const;
const withLength = ([v4, v6]: readonly [string, string]) => [`${v4}/24`, `${v6}/64`];
/** An address as busybox' httpd writes it, without its form of both versions. */
const plain = (address: string) => address.trim().replace(/^\[(?:::ffff:)?(.*)\]$/, "$1");

test("containers that two containerds run reach each other and the outside, a port leads to one, and nothing of them is left", async (t) => {
	t.timeout(stretched(120_000));
	const env = await programs(t, "nft");
	const scene = new Scene(t, env);
	const wire = await scene.wire("w");
	const outside = await scene.namespace("out");
	// It knows no way to pods: what asks it has to come with a node's address.
	await scene.plug(outside, wire, "eth0", withLength(OUTSIDE));
	const nodes = [
		await scene.node(1, wire, withLength(NODES[0])),
		await scene.node(2, wire, withLength(NODES[1])),
	] as const;
	const archive = await imageArchive(t);
	const ports = [{ hostPort: 30_080, containerPort: 8080, protocol: "tcp" }] as const;
	const [first, second] = await Promise.all([
		Machine.start(t, nodes[0], { env, archive, ports }),
		Machine.start(t, nodes[1], { env, archive }),
	]);
	for (const node of nodes) {
		node.start();
		t.is(await node.tell({ target: node.target, routes: nodes.map(({ route }) => route) }), "healthy");
	}
	const before = [await first.left(), await second.left()];
	const [one, [other, neighbour]] = await Promise.all([
		first.container("one"),
		second.container("other").then(async (other) => [other, await second.container("neighbour")] as const),
	]);
	await scene.serve(outside);
	const ask = async (container: Container, host: string, port?: number) =>
		plain(await container.inside(`timeout 10 wget -q -O - ${pageOf(host, port)} 2>&1 || true`));
	for (const version of [0, 1] as const) {
		const own = ({ addresses }: Container) => addresses[version] ?? "";
		t.is(await ask(one, own(other)), own(one), "from the first machine to the second");
		t.is(await ask(other, own(one)), own(other), "from the second machine to the first");
		t.is(await ask(neighbour, own(other)), own(neighbour), "on one machine");
		const leaves = `/bin/busybox nc -w 5 ${OUTSIDE[version]} 8080 < /dev/null | cut -d " " -f 1`;
		t.is((await one.inside(leaves)).trim(), NODES[0][version], "what leaves has the node's address");
		const port = [NODES[0][version], 30_080] as const;
		t.is(await ask(other, ...port), NODES[1][version], "a port of the first machine, from a container of the second");
		const fetched = [
			"-e",
			`fetch(${JSON.stringify(pageOf(...port))}).then(async (answer) => console.log(await answer.text()))`,
		];
		t.is(plain(await scene.inside(outside, process.execPath, fetched)), OUTSIDE[version], "the same from outside");
	}

	const during = await first.left();
	for (const [what, found] of Object.entries(during)) t.true(found.length > (before[0]?.[what]?.length ?? 0), what);
	for (const container of [one, other, neighbour]) await container.remove();
	const after = [await first.left(), await second.left()];
	for (const [index, left] of after.entries())
		t.deepEqual(left, { ...before[index], links: [...(before[index]?.links ?? []), "cni0"] }, `machine ${index + 1}`);
});
