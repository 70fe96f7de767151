'use strict';

const http = require('node:http');
const https = require('node:https');

// A request of the HTTP API as admin: its status and body.
function request(base, method, path, body = '', headers = {}) {
  const { request: send } = base.startsWith('https') ? https : http;
  return new Promise((resolve, reject) => {
    const call = send(base + path, {
      method, rejectUnauthorized: false, agent: false,
      headers: { authorization: `Basic ${Buffer.from('admin:changeit').toString('base64')}`, 'content-length': Buffer.byteLength(body), ...headers },
    }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(parts).toString() }));
    });
    call.on('error', reject);
    call.end(body);
  });
}

module.exports = { request };
