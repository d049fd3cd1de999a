/*
 * An import statement would load every lazy part of `node:http`, such as its client for web sockets and HTTP/2: half of
 * a start, and 15 MB.
 */
export const { createServer, STATUS_CODES } = process.getBuiltinModule('node:http');
