import { type Images, type SharedSecret, sha256Of, type TargetFile } from "@rollcall/protocol";
import { NODE_PATHS } from "./node-paths.ts";
import { type TomlTable, tomlText } from "./toml-text.ts";

type Mirror = Images["mirrors"][number];
/** A mirror that asks for an account. */
type Guarded = Mirror & { readonly account: string };

/** A mirror's authorities, beside its hosts.toml; containerd reads the path from there. */
const AUTHORITY = "authority.crt";

/**
 * One hosts.toml per registry (containerd, docs/hosts.md), and the certificates that it names. Where a mirror has an account,
 * its hosts.toml is a secret: see `mirrorSecrets`.
 */
export function mirrorFiles({ mirrors }: Images): TargetFile[] {
	return mirrors.flatMap((mirror): TargetFile[] => {
		const { authority } = mirror;
		const file = (path: string, content: string) => [{ path, mode: "0600", encoding: "utf8", content } as const];
		return [
			...(isGuarded(mirror) ? [] : file(hostsPath(mirror), hostsText(mirror))),
			...(authority === undefined ? [] : file(`${folderOf(mirror)}/${AUTHORITY}`, `${authority.trim()}\n`)),
		];
	});
}

/**
 * The hosts.toml of each mirror with an account. The revision stands for all but the password, of which no digest is anywhere:
 * another password is another account.
 */
export function mirrorSecrets({ mirrors }: Images): SharedSecret[] {
	return mirrors.filter(isGuarded).map((mirror) => ({
		name: `registry-${sha256Of(mirror.registry).slice("sha256:".length, "sha256:".length + 12)}`,
		path: hostsPath(mirror),
		mode: "0600",
		revision: sha256Of(`registry hosts v1 ${mirror.account}\n${hostsText(mirror)}`),
	}));
}

/** Which mirror a secret is of; undefined for any other secret. */
export function mirrorOf(images: Images, { name, revision }: SharedSecret): Guarded | undefined {
	const index = mirrorSecrets(images).findIndex((one) => one.name === name && one.revision === revision);
	return images.mirrors.filter(isGuarded)[index];
}

/**
 * A mirror's hosts.toml. `authorization`: a header that goes with each request to its endpoints, and to nobody else; containerd
 * 1.6 and 2 read no account there, but headers.
 */
export function hostsText(mirror: Mirror, authorization?: string): string {
	const { registry, fallback, authority } = mirror;
	const endpoints = mirror.endpoints.map(plainEndpoint);
	const own = (endpoint: string): TomlTable => ({
		...(isWholePath(endpoint) ? { override_path: true } : {}),
		...(authority === undefined ? {} : { ca: AUTHORITY }),
		...(authorization === undefined ? {} : { header: { Authorization: authorization } }),
	});
	const host = Object.fromEntries(
		endpoints.map((endpoint) => [endpoint, { capabilities: ["pull", "resolve"], ...own(endpoint) } as const]),
	);
	if (fallback)
		return tomlText({ ...(registry === "_default" ? {} : { server: `https://${upstream(registry)}` }), host });
	// Without a server of its own, containerd would still ask the registry: the last mirror stands in for it.
	const last = endpoints.at(-1) ?? "";
	return tomlText({ server: last, ...own(last), host });
}

/** Without doubled slashes, and without one at the end: containerd would put `/v2` behind `/v2/`. */
function plainEndpoint(endpoint: string): string {
	return endpoint.replace(/^([^:]+:\/\/[^/]+)(.*)$/, (_, host: string, path: string) => {
		return host + path.replaceAll(/\/+/g, "/").replace(/\/$/, "");
	});
}

function isGuarded(mirror: Mirror): mirror is Guarded {
	return mirror.account !== undefined;
}

/** containerd looks for `host_port_` first: a colon has no place in a path everywhere. */
function folderOf({ registry }: Mirror): string {
	return `${NODE_PATHS.registryHosts}/${registry.replace(/:(\d+)$/, "_$1_")}`;
}

function hostsPath(mirror: Mirror): string {
	return `${folderOf(mirror)}/hosts.toml`;
}

/**
 * containerd puts `/v2` behind an endpoint's path, as a registry below a path has it (`/ghcr/v2/...`). A cache like Harbor's has
 * its paths behind `/v2` (`/v2/dockerhub/...`): then the path is whole.
 */
function isWholePath(endpoint: string): boolean {
	return /\/v2\/[^/]/.test(new URL(endpoint).pathname);
}

function upstream(registry: string): string {
	return registry === "docker.io" ? "registry-1.docker.io" : registry;
}
