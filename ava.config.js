export default {
	files: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
	extensions: ["ts"],
	workerThreads: false,
	timeout: "4m",
	concurrency: 2,
};
