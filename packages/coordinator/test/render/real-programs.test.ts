import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import type { ExecutionContext } from "ava";
import { CONTAINERD, debian, debianProgram, HAPROXY } from "../boot/programs/debian.ts";
import { NODE_TREES } from "./cis/rule.ts";

/** A file with this text, gone after the test. */
async function fileWith(t: ExecutionContext, text: string): Promise<string> {
	const folder = ownFolder(t, "rollcall-check-");
	const file = join(folder, "file");
	await writeFile(file, text);
	return file;
}

testNeeding(await debian(HAPROXY))(
	"HAProxy takes the balancer's configuration as valid, with and without control planes",
	async (t) => {
		const haproxy = await debianProgram(HAPROXY);
		const own = NODE_TREES["control-plane"].text("/etc/kubernetes/balancer/haproxy.cfg");
		const reserve = ["192.168.1.11", "[2001:db8:1::12]"]
			.map((address, index) => `  server other-${index} ${address}:6443 backup\n`)
			.join("");
		const several = own.replace(/^ {2}server .*\n/m, `$&${reserve}`);
		t.is(several.match(/^ {2}server /gm)?.length, 3);
		for (const config of [NODE_TREES.worker.text("/etc/kubernetes/balancer/haproxy.cfg"), own, several]) {
			for (const text of [config, config.replaceAll(/^ {2}server .*\n/gm, "")]) {
				const { status, output } = haproxy(["-c", "-f", await fileWith(t, text)]);
				t.is(status, 0, output);
				t.notRegex(output, /WARNING|ALERT/);
			}
		}
	},
);

const testContainerd = testNeeding(await debian(CONTAINERD));

for (const [role, tree] of Object.entries(NODE_TREES)) {
	testContainerd(`containerd reads the configuration of the role ${role} as it is meant`, async (t) => {
		const containerd = await debianProgram(CONTAINERD);
		const file = await fileWith(t, tree.text("/etc/containerd/config.toml"));
		const { status, output } = containerd(["--config", file, "config", "dump"]);
		t.is(status, 0, output);
		t.regex(output, /SystemdCgroup = true/);
		t.regex(output, /config_path = ['"]\/etc\/containerd\/certs\.d['"]/);
		t.regex(output, /sandbox_image = ['"]registry\.k8s\.io\/pause:[\d.]+['"]/);
		t.notRegex(output, /level=(?:warning|error)/);
	});
}
