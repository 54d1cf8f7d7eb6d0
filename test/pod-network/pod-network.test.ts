import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { debianPackages, namespaces, ROOT } from "@rollcall/test-support/part";
import type { ExecutionContext } from "ava";
import { type Node, PACKAGES, programs, Scene } from "./scene.ts";

const test = testNeeding(ROOT, namespaces(), await debianPackages(PACKAGES));

/** The agents of these nodes know all of them. */
async function join(t: ExecutionContext, nodes: readonly Node[], known = nodes): Promise<void> {
	const routes = known.map(({ route }) => route);
	for (const node of nodes) t.is(await node.tell({ target: node.target, routes }), "healthy");
}

/** Each of the nodes with a pod that tells who asks it. */
async function withPods(scene: Scene, nodes: readonly Node[]) {
	const pods = [];
	for (const node of nodes) {
		const pod = await node.pod();
		await scene.serve(pod.namespace);
		pods.push(pod);
	}
	return pods;
}

const ADDRESSES = [
	["one IP version", (index: number) => [`192.0.2.${index}/24`], 0],
	["two IP versions", (index: number) => [`192.0.2.${index}/24`, `2001:db8::${index}/64`], 1],
	["IPv6 alone", (index: number) => [`2001:db8::${index}/64`], 0],
] as const;

for (const [what, addressesOf, last] of ADDRESSES) {
	test.serial(`pods of three nodes on one link reach each other with their own addresses, with ${what}`, async (t) => {
		const scene = new Scene(t, await programs(t, "nft"));
		const wire = await scene.wire("w");
		const nodes: Node[] = [];
		for (const index of [1, 2, 3]) nodes.push(await scene.node(index, wire, addressesOf(index)));
		for (const node of nodes) node.start();
		await join(t, nodes);
		const pods = await withPods(scene, nodes);
		for (const version of [...Array(last + 1).keys()])
			for (const from of pods)
				for (const to of pods)
					if (from !== to)
						t.is(
							await scene.ask(from.namespace, to.addresses[version] ?? ""),
							`${from.addresses[version]} whole`,
							`${from.namespace} to ${to.namespace}`,
						);
		t.false((await nodes[0]?.routes())?.includes("rollcall-vxlan"));
	});
}

for (const masquerade of ["nft", "iptables"] as const) {
	test.serial(
		`across a router pods reach each other by VXLAN, and what leaves has the node's address, by ${masquerade}`,
		async (t) => {
			const scene = new Scene(t, await programs(t, masquerade));
			const [left, right] = [await scene.wire("l"), await scene.wire("r")];
			const router = await scene.namespace("gw");
			await scene.plug(router, left, "eth0", ["192.0.2.254/24", "2001:db8:1::fe/64"]);
			await scene.plug(router, right, "eth1", ["198.51.100.254/24", "2001:db8:2::fe/64"]);
			const nodes = [
				await scene.node(1, left, ["192.0.2.1/24", "2001:db8:1::1/64"]),
				await scene.node(2, left, ["192.0.2.2/24", "2001:db8:1::2/64"]),
				await scene.node(3, right, ["198.51.100.3/24", "2001:db8:2::3/64"]),
			];
			for (const [index, node] of nodes.entries()) {
				const [v4, v6] = index < 2 ? ["192.0.2.254", "2001:db8:1::fe"] : ["198.51.100.254", "2001:db8:2::fe"];
				await scene.ip("-n", node.namespace, "route", "add", "default", "via", v4);
				await scene.ip("-n", node.namespace, "-6", "route", "add", "default", "via", v6);
				node.start();
			}
			await join(t, nodes);
			const pods = await withPods(scene, nodes);
			for (const version of [0, 1])
				for (const from of pods)
					for (const to of pods)
						if (from !== to)
							t.is(await scene.ask(from.namespace, to.addresses[version] ?? ""), `${from.addresses[version]} whole`);
			// Also from the nodes themselves, as kubelet's probes and the API server do.
			t.is(await scene.ask(nodes[0]?.namespace ?? "", pods[2]?.addresses[0] ?? ""), "10.9.1.0 whole");
			await scene.serve(router);
			t.is(await scene.ask(pods[0]?.namespace ?? "", "192.0.2.254"), "192.0.2.1 whole");
			t.is(await scene.ask(pods[2]?.namespace ?? "", "2001:db8:2::fe"), "2001:db8:2::3 whole");
		},
	);
}

test.serial(
	"a node that leaves or has another address is in everybody's routes, and foreign routes stay",
	async (t) => {
		const scene = new Scene(t, await programs(t, "nft"));
		const wire = await scene.wire("w");
		const nodes: Node[] = [];
		for (const index of [1, 2, 3]) nodes.push(await scene.node(index, wire, [`192.0.2.${index}/24`]));
		const [first, second, third] = nodes as [Node, Node, Node];
		await scene.ip("-n", first.namespace, "route", "add", "10.9.77.0/24", "via", "192.0.2.77", "dev", "eth0");
		await scene.ip(
			"-n",
			first.namespace,
			"route",
			"add",
			"10.9.3.0/24",
			"via",
			"192.0.2.99",
			"dev",
			"eth0",
			"metric",
			"999",
		);
		for (const node of nodes) node.start();
		await join(t, nodes);
		const pods = await withPods(scene, nodes);
		const told = async (routes: readonly Node[]) => {
			for (const node of routes) t.is(await node.tell({ routes: routes.map(({ route }) => route) }), "healthy");
		};
		second.addresses = ["192.0.2.52/24"];
		await scene.address(second.namespace, "eth0", "del", "192.0.2.2/24");
		await scene.address(second.namespace, "eth0", "add", "192.0.2.52/24");
		t.is(await second.tell({ target: second.target }), "healthy");
		await told(nodes);
		await eventually("the route", async () => /10\.9\.2\.0\/24 via 192\.0\.2\.52 dev eth0/.test(await first.routes()));
		t.is(await scene.ask(pods[0]?.namespace ?? "", pods[1]?.addresses[0] ?? ""), `${pods[0]?.addresses[0]} whole`);
		await told([first, second]);
		await eventually(
			"the route to be gone",
			async () => !/10\.9\.3\.0\/24 via 192\.0\.2\.3 /.test(await first.routes()),
		);
		t.regex(await first.routes(), /10\.9\.77\.0\/24 via 192\.0\.2\.77 dev eth0 *$/m);
		t.regex(await first.routes(), /10\.9\.3\.0\/24 via 192\.0\.2\.99 dev eth0 metric 999 *$/m);
		t.is(await third.tell({ target: null }), "healthy");
		const left = await third.routes();
		t.notRegex(left, /10\.9\./, "a node without a part in the pod network has nothing of it");
		t.regex(left, /192\.0\.2\.0\/24 dev eth0/);
	},
);

test.serial(
	"routes stay when the agent dies, and it takes them up again, with what somebody removed meanwhile",
	async (t) => {
		const scene = new Scene(t, await programs(t, "nft"));
		const wire = await scene.wire("w");
		const nodes = [await scene.node(1, wire, ["192.0.2.1/24"]), await scene.node(2, wire, ["192.0.2.2/24"])];
		const [first, second] = nodes as [Node, Node];
		for (const node of nodes) node.start();
		await join(t, nodes);
		const pods = await withPods(scene, nodes);
		await first.crash();
		const before = await first.routes();
		t.regex(before, /10\.9\.2\.0\/24 via 192\.0\.2\.2/);
		t.is(await scene.ask(pods[1]?.namespace ?? "", pods[0]?.addresses[0] ?? ""), `${pods[1]?.addresses[0]} whole`);
		await scene.ip("-n", first.namespace, "route", "del", "10.9.2.0/24");
		first.start();
		// Nobody tells it anything: it has kept what it was told.
		await eventually("the route", async () => /10\.9\.2\.0\/24 via 192\.0\.2\.2/.test(await first.routes()));
		t.truthy(second);
	},
);

test.serial("a hostPort of a pod is reached from outside, by portmap", async (t) => {
	const scene = new Scene(t, await programs(t, "nft"));
	const wire = await scene.wire("w");
	const node = await scene.node(1, wire, ["192.0.2.1/24"]);
	const outside = await scene.namespace("out");
	await scene.plug(outside, wire, "eth0", ["192.0.2.200/24"]);
	node.start();
	await join(t, [node]);
	const pod = await node.pod([{ hostPort: 30_080, containerPort: 8080, protocol: "tcp" }]);
	await scene.serve(pod.namespace);
	t.is(await scene.ask(outside, "192.0.2.1", 30_080), "192.0.2.200 whole");
});
