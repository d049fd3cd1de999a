/*
 * An import statement would also load all lazy parts of `node:http`, such as web sockets and HTTP/2. They take half of
 * the start and 15 MB.
 */
export const { createServer, STATUS_CODES } = process.getBuiltinModule('node:http');
