{
  # CMakeLists.txt is the only build description. For tools that insist on node-gyp, this target runs cmake-js and
  # puts the addon where they look for it.
  "targets": [
    {
      "target_name": "boreal",
      "type": "none",
      "actions": [
        {
          "action_name": "cmake_js",
          "message": "Building with cmake-js",
          "inputs": ["CMakeLists.txt"],
          "outputs": ["<(PRODUCT_DIR)/boreal.node"],
          "action": ["node", "scripts/gyp-cmake.mjs", "<(PRODUCT_DIR)", "<(target_arch)", "<(CONFIGURATION_NAME)"]
        }
      ]
    }
  ]
}
