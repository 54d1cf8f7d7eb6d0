import { testNeeding } from "@rollcall/test-support/needing";
import { ROOT } from "@rollcall/test-support/part";
import { CONTAINERD, debian, REGISTRY } from "../../boot/programs/debian.ts";
import { pushImage } from "./image.ts";
import { hostsFolder, startCache } from "./mirror.ts";
import { startContainerd, startRegistry } from "./programs.ts";

testNeeding(
	ROOT,
	await debian(REGISTRY),
	await debian(CONTAINERD),
)(
	"containerd pulls through mirrors below a path, before and behind /v2, whose authority the document names",
	async (t) => {
		const upstream = await startRegistry(t);
		for (const tag of ["v1", "v2", "v3", "v4"]) await pushImage(upstream, "lab/hello", tag);
		const { url, cert } = await startCache(t, upstream);
		const node = await startContainerd(t);
		for (const [tag, path] of [
			["v1", "/v2/hub"],
			["v2", "/plain"],
			["v3", "/v2//hub/"],
			["v4", "/plain/v2/"],
		] as const) {
			const known = await hostsFolder(t, { endpoints: [`${url}${path}`], fallback: false, authority: cert });
			const pulled = await node.pull(`docker.io/lab/hello:${tag}`, known);
			t.is(pulled.status, 0, pulled.output);
		}
		const stranger = await hostsFolder(t, { endpoints: [`${url}/v2/hub`], fallback: false });
		const refused = await (await startContainerd(t)).pull("docker.io/lab/hello:v1", stranger);
		t.not(refused.status, 0);
		t.regex(refused.output, /certificate/);
	},
);
