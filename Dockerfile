# The api and the worker: the same image, told apart by EPM_ROLE. Sources run as they are; there is no build.
FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# Scripts of packages only fetch what the image has (node) or does not need (an embedded PostgreSQL).
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json ./
COPY domain domain
COPY application application
COPY projections projections
COPY infrastructure infrastructure
COPY api api
COPY data/reference data/reference
USER node
EXPOSE 3000
CMD ["node", "api/main.ts"]
