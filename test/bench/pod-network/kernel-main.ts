// In a network namespace of its own: how long the agent's code takes to set routes to so many nodes, to one more, and to find all right.
import { execFileSync } from "node:child_process";
import { createPodKernel, wantedNetwork } from "@rollcall/agent/trials";
import type { PodRoute, TargetPodNetwork } from "@rollcall/protocol";

const nodes = Number(process.argv[2]);
for (const words of [
	"link set lo up",
	"link add eth0 type veth peer name eth1",
	"link set eth0 up",
	"link set eth1 up",
])
	execFileSync("ip", words.split(" "));
execFileSync("ip", ["addr", "add", "172.16.0.1/12", "dev", "eth0"]);

const routeOf = (index: number, address: string): PodRoute => ({
	nodeName: `node-${index}`,
	networks: [`10.${128 + (index >> 8)}.${index & 255}.0/24`],
	addresses: [address],
});
const near = (index: number) => routeOf(index, `172.16.${1 + (index >> 8)}.${index & 255}/12`);
const far = (index: number) => routeOf(index, `192.0.${2 + (index >> 8)}.${index & 255}/24`);
const target: TargetPodNetwork = {
	own: ["10.143.255.0/24"],
	pods: ["10.128.0.0/12"],
	addresses: ["172.16.0.1/12"],
	nic: "eth0",
	bridge: "cni0",
	vxlan: { id: 29_292, port: 4789 },
};
const kernel = createPodKernel();

async function timed(routes: readonly PodRoute[]): Promise<number> {
	const begun = performance.now();
	// Without masquerading: it is set once, and needs nft or iptables.
	await kernel.bring({ ...wantedNetwork(target, routes), masquerade: [] });
	return Math.round((performance.now() - begun) * 10) / 10;
}

async function series(of: (index: number) => PodRoute) {
	const all = Array.from({ length: nodes }, (_, index) => of(index));
	const allMs = await timed(all);
	const oneMoreMs = await timed([...all, of(nodes)]);
	const nothingMs = await timed([...all, of(nodes)]);
	await kernel.bring(undefined);
	return { allMs, oneMoreMs, nothingMs };
}

process.stdout.write(JSON.stringify({ nodes, oneLink: await series(near), vxlan: await series(far) }));
