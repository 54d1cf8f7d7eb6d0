import type { Plugin } from "esbuild";

/**
 * Modules of Node that are loaded when one of their exports is first used, not at the start. An import asks for every name of a
 * module, and behind some names is another module: node:tls alone takes as long as half of Node's own start. `load` is the
 * expression that loads one; it gets the name as a string literal.
 */
export function nodeOnDemand(modules: readonly string[], load: (name: string) => string): Plugin {
	return {
		name: "node-on-demand",
		setup(bundler) {
			bundler.onResolve({ filter: /^(?:node:)?[a-z_/]+$/ }, ({ path, kind }) => {
				const name = path.replace("node:", "");
				// CommonJS takes it as it is, and it is there already.
				if (name === "process" && kind !== "import-statement") return undefined;
				return modules.includes(name) ? { path: name, namespace: "node-on-demand" } : undefined;
			});
			bundler.onLoad({ filter: /.*/, namespace: "node-on-demand" }, async ({ path }) => {
				if (path === "process") return { contents: "export default globalThis.process;", loader: "js" };
				const names = Object.keys(await import(`node:${path}`)).filter((name) => name !== "default");
				const contents = `let loaded;
					for (const name of ${JSON.stringify(names)})
						Object.defineProperty(exports, name, { enumerable: true, get: () => (loaded ??= ${load(JSON.stringify(`node:${path}`))})[name] });`;
				return { contents, loader: "js" };
			});
		},
	};
}
