# One image for the API, the worker, the runner and the namespace set-up; docker-compose.yml says which one a container runs.
FROM node:24-bookworm-slim AS base
# Temporal's native client trusts the system's certificates (Temporal Cloud, TLS), and the slim image has none.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app

FROM base AS build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM base
ENV NODE_ENV=production
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY docker/worker-health.mjs ./docker/
# Where a runner has its workspaces; a volume mounted here belongs to the same user.
RUN install -d -o node -g node /data
USER node
EXPOSE 3000
CMD ["node", "dist/api/main.js"]
