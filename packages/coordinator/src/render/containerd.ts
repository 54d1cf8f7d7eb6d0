import type { TargetFile } from "@rollcall/protocol";
import { cgroupDriver } from "./cgroup-driver.ts";
import { imageOf } from "./images.ts";
import { mirrorFiles } from "./mirrors.ts";
import type { Node } from "./node.ts";
import { NODE_PATHS } from "./node-paths.ts";
import { onceForEqual } from "./once-for-equal.ts";
import { hiddenRunc, programPath, shimPath } from "./programs.ts";
import { unitText } from "./systemd-unit.ts";
import { type TomlTable, tomlText } from "./toml-text.ts";

export const CONTAINERD_UNIT = "containerd.service";

/**
 * containerd's configuration, its unit and its registry mirrors. Configuration version 2 is read by 1.6 up to 2.x, which
 * bring it to their own form; so the target does not depend on which one the operating system has. The unit lies in /run,
 * where it goes before the one of the operating system.
 */
export function containerdFiles(node: Node): readonly TargetFile[] {
	const { document, version, facts } = node;
	const [containerd, runc] = [programPath(node, "containerd"), hiddenRunc(node)];
	return filesFor({ document, version, containerd, runc, path: shimPath(node), cgroups: cgroupDriver(facts) });
}

interface Kind extends Pick<Node, "document" | "version"> {
	readonly containerd: string;
	readonly runc: string | undefined;
	readonly path: string | undefined;
	readonly cgroups: ReturnType<typeof cgroupDriver>;
}

const filesFor = onceForEqual(({ containerd, runc, path, cgroups, ...node }: Kind): TargetFile[] => {
	const configuration: TomlTable = {
		version: 2,
		oom_score: -999,
		plugins: {
			"io.containerd.grpc.v1.cri": {
				sandbox_image: imageOf(node, "pause"),
				enable_selinux: false,
				containerd: {
					discard_unpacked_layers: true,
					runtimes: {
						runc: {
							runtime_type: "io.containerd.runc.v2",
							options: {
								SystemdCgroup: cgroups === "systemd",
								...(runc === undefined ? {} : { BinaryName: runc }),
							},
						},
					},
				},
				registry: { config_path: NODE_PATHS.registryHosts },
			},
		},
	};
	const unit = unitText([
		[
			"Unit",
			[
				["Description", "containerd container runtime"],
				["Documentation", "https://containerd.io"],
				["After", { list: ["network.target", "local-fs.target", "dbus.service"] }],
			],
		],
		[
			"Service",
			[
				...(path === undefined ? [] : [["Environment", `PATH=${path}`] as const]),
				["ExecStart", { words: [containerd, "--config", NODE_PATHS.containerdConfig] }],
				["Type", "notify"],
				["Delegate", true],
				["KillMode", "process"],
				["Restart", "always"],
				["RestartSec", 5],
				["LimitNPROC", "infinity"],
				["LimitCORE", "infinity"],
				["TasksMax", "infinity"],
				["OOMScoreAdjust", -999],
			],
		],
		["Install", [["WantedBy", "multi-user.target"]]],
	]);
	return [
		{ path: NODE_PATHS.containerdConfig, mode: "0600", encoding: "utf8", content: tomlText(configuration) },
		{ path: `${NODE_PATHS.units}/${CONTAINERD_UNIT}`, mode: "0600", encoding: "utf8", content: unit },
		...mirrorFiles(node.document.images),
	];
});
