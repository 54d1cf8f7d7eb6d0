import { testNeeding } from "@rollcall/test-support/needing";
import { ROOT } from "@rollcall/test-support/part";
import { CONTAINERD, debian, REGISTRY } from "../../boot/programs/debian.ts";
import { pushImage } from "./image.ts";
import { hostsFolder, startCache } from "./mirror.ts";
import { startContainerd, startRegistry } from "./programs.ts";

const ACCOUNT = `Basic ${Buffer.from('robot$nodes:pa:ss "word\\').toString("base64")}`;

testNeeding(
	ROOT,
	await debian(REGISTRY),
	await debian(CONTAINERD),
)(
	"containerd pulls through mirrors that ask for an account, also where nobody else is asked, and not with another",
	async (t) => {
		const upstream = await startRegistry(t);
		for (const tag of ["v1", "v2", "v3"]) await pushImage(upstream, "lab/hello", tag);
		const { url, cert } = await startCache(t, upstream, ACCOUNT);
		const node = await startContainerd(t);
		const mirror = (path: string, fallback: boolean) => ({
			endpoints: [`${url}${path}`],
			authority: cert,
			account: "cache",
			fallback,
		});
		for (const [tag, path, fallback] of [
			["v1", "/v2/hub", false],
			["v2", "/plain", true],
		] as const) {
			const pulled = await node.pull(
				`docker.io/lab/hello:${tag}`,
				await hostsFolder(t, mirror(path, fallback), ACCOUNT),
			);
			t.is(pulled.status, 0, pulled.output);
		}
		const wrong = `Basic ${Buffer.from("robot:other").toString("base64")}`;
		const refused = await node.pull("docker.io/lab/hello:v3", await hostsFolder(t, mirror("/plain", false), wrong));
		t.not(refused.status, 0);
		t.regex(refused.output, /401|authorization failed/i);
	},
);
