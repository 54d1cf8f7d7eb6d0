import { sha256Of, type TargetFile } from "@rollcall/protocol";
import type { Member } from "../domain/networks/members.ts";
import { imageOf } from "./images.ts";
import { type Node, urlHost } from "./node.ts";
import { NODE_PATHS, NODE_PORTS } from "./node-paths.ts";
import { onceForEqual } from "./once-for-equal.ts";
import { manifestPath, staticPodText } from "./static-pod.ts";

const CONFIG = `${NODE_PATHS.balancerFolder}/haproxy.cfg`;

/**
 * Runs HAProxy with its master process and tells it to read its configuration again (SIGUSR2, HAProxy management guide,
 * section 4) when the file's first line is another one: that line is a digest of the rest. A look costs one short process
 * three times a second and needs nothing but a POSIX shell. The container ends when HAProxy does.
 */
const RUN = [
	'haproxy -W -db -f "$0" &',
	"haproxy=$!",
	"trap 'kill -TERM $haproxy' TERM INT",
	'IFS= read -r seen < "$0"',
	"while kill -0 $haproxy 2>/dev/null; do",
	"  sleep 0.3 & wait $!",
	'  if IFS= read -r now < "$0" && [ "$now" != "$seen" ]; then',
	"    seen=$now",
	"    kill -USR2 $haproxy",
	"  fi",
	"done",
	"wait $haproxy",
	"",
].join("\n");

/**
 * HAProxy's configuration: TCP to whichever API server answers `/readyz`, on the loopback only; on a control plane to the one
 * beside it while that answers. Everything in it is a number, an address or a node name, so nothing needs to be escaped. The
 * first line names the rest.
 */
function balancerConfigText(node: Balanced): string {
	const text = settingsText(node);
	return `# ${sha256Of(text)}\n${text}`;
}

function settingsText(node: Balanced): string {
	return [
		"global",
		"  maxconn 1024",
		// What the process before a change still holds ends at once: its servers may be gone, and nobody checks them any more. More
		// time would help nobody, since Kubernetes' clients send everything over one lasting connection.
		"  hard-stop-after 300ms",
		"  log stdout format raw local0 notice",
		"",
		"defaults",
		"  mode tcp",
		"  log global",
		"  timeout connect 2s",
		"  timeout client 10m",
		"  timeout server 10m",
		"  timeout check 2s",
		"  option redispatch",
		"  retries 2",
		"",
		"frontend api",
		`  bind 127.0.0.1:${NODE_PORTS.balancer}`,
		"  default_backend control-planes",
		"",
		"backend control-planes",
		"  balance roundrobin",
		...(node.role === "control-plane" ? ["  option allbackups"] : []),
		"  option httpchk GET /readyz",
		"  http-check expect status 200",
		"  default-server check check-ssl verify none inter 1s fall 2 rise 1 on-marked-down shutdown-sessions",
		...serverLines(node),
		"",
		"frontend health",
		"  mode http",
		`  bind 127.0.0.1:${NODE_PORTS.balancerHealth}`,
		"  monitor-uri /healthz",
		"",
	].join("\n");
}

/**
 * A worker takes all API servers in turn. A control plane has the others as a reserve only: while an upgrade goes through the
 * control planes, a kubelet that is newer than they are shall not speak to them. When the own server is ready again, open
 * connections to the others end too, since kubelet would keep its one for hours. The own server is the first line: HAProxy
 * checks servers one after the other at a start, and takes them for ready until then.
 */
function serverLines(node: Balanced): string[] {
	const { port } = node.document.controlPlane;
	const line = ({ nodeName, address }: Member) => `  server ${nodeName} ${urlHost(address)}:${port}`;
	if (node.role !== "control-plane") return node.controlPlanes.map(line);
	const own = { nodeName: node.nodeName, address: node.address };
	const others = node.controlPlanes.filter(({ nodeName }) => nodeName !== node.nodeName);
	return [`${line(own)} on-marked-up shutdown-backup-sessions`, ...others.map((other) => `${line(other)} backup`)];
}

/** The local balancer: a static pod that follows its configuration without being replaced (decision 0012). */
export function balancerFiles({
	document,
	version,
	role,
	controlPlanes,
	nodeName,
	address,
}: Node): readonly TargetFile[] {
	const self = role === "control-plane" ? { nodeName, address } : { nodeName: "", address: "" };
	return filesFor({ document, version, role, controlPlanes, ...self });
}

/** What it is made of. Of a worker no word of its own is in it. */
type Balanced = Pick<Node, "document" | "version" | "role" | "controlPlanes" | "nodeName" | "address">;

const filesFor = onceForEqual((node: Balanced): TargetFile[] => {
	const config = balancerConfigText(node);
	const manifest = staticPodText({
		name: "api-balancer",
		tier: "node",
		image: imageOf(node, "haproxy"),
		command: ["/bin/sh", "-c", RUN, CONFIG],
		liveness: { host: "127.0.0.1", port: NODE_PORTS.balancerHealth, path: "/healthz", scheme: "HTTP" },
		requests: { cpu: "25m", memory: "32Mi" },
		hostPaths: [{ name: "configuration", path: NODE_PATHS.balancerFolder, type: "DirectoryOrCreate" }],
		graceSeconds: 1,
	});
	return [
		{ path: CONFIG, mode: "0644", encoding: "utf8", content: config },
		{ path: manifestPath("api-balancer"), mode: "0600", encoding: "utf8", content: manifest },
	];
});
