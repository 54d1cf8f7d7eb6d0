import { testNeeding } from "@rollcall/test-support/needing";
import { ROOT } from "@rollcall/test-support/part";
import { servingPod } from "../../src/render/check/manifests.ts";
import { CONTAINERD, debian, REGISTRY } from "../boot/programs/debian.ts";
import { documentOf } from "../render/fleet-of.ts";
import { pushImage } from "../render/registry/image.ts";
import { hostsFolder } from "../render/registry/mirror.ts";
import { startContainerd, startRegistry } from "../render/registry/programs.ts";

testNeeding(
	ROOT,
	await debian(REGISTRY),
	await debian(CONTAINERD),
)(
	"the image that a check's pods name comes through the mirror of its registry, and through that of one that overrides it",
	async (t) => {
		const mirror = await startRegistry(t);
		const node = await startContainerd(t);
		for (const [overrides, registry, repository, tag] of [
			["{}", "docker.io", "library/busybox", "1.37"],
			['{ check: "registry.site.example/tools/check:7" }', "registry.site.example", "tools/check", "7"],
		] as const) {
			const document = documentOf(`apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36" }
images: { overrides: ${overrides} }
slots: [{ name: control, role: control-plane, count: 1 }]
`);
			const { spec } = servingPod(document, "worker-0") as unknown as { spec: { containers: { image: string }[] } };
			const image = spec.containers[0]?.image ?? "";
			const hosts = await hostsFolder(t, { registry, endpoints: [mirror.url], fallback: false });
			const lacking = await node.pull(image, hosts);
			t.not(lacking.status, 0);
			t.regex(lacking.output, /not found/, `${image} can come from nowhere else`);
			await pushImage(mirror, repository, tag);
			const pulled = await node.pull(image, hosts);
			t.is(pulled.status, 0, pulled.output);
		}
	},
);
